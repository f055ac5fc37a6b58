package wire

// Stored wraps a struct of the SDK inside a stored record: encoding/json alone
// would lose documents and unions and write Go names.
type Stored[T any] struct{ V T }

// MarshalJSON writes V as AWS would.
func (s Stored[T]) MarshalJSON() ([]byte, error) { return MarshalJSON(s.V, true) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Stored[T]) UnmarshalJSON(data []byte) error {
	var v T
	if err := UnmarshalJSON(data, &v, true); err != nil {
		return err
	}
	s.V = v
	return nil
}
