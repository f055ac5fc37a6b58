package wire

import "time"

// Observation is what one request was and how it ended.
type Observation struct {
	// Service and Operation are names that the registry knows, so that there are
	// boundedly many of them, and "" for a request that named none of these.
	Service, Operation string
	Code               string // of the error; "" = the request succeeded
	Status             int    // of the HTTP answer; 0 = what a success has
	RequestID          string
	Began              time.Time
	Took               time.Duration
}

// observation describes the exchange once it is answered. err is nil after a success.
func (x *exchange) observation(began time.Time, err *Error) Observation {
	o := Observation{RequestID: x.requestID, Began: began, Took: time.Since(began)}
	if x.service != nil {
		o.Service = x.service.spec.Name
		if x.service.ops[x.name] != nil {
			o.Operation = x.name
		}
	}
	if err != nil {
		o.Code, o.Status = err.Code, err.Status
	}
	return o
}
