package alarm

// The states of an alarm.
const (
	OK           = "OK"
	Alarm        = "ALARM"
	Insufficient = "INSUFFICIENT_DATA"
)

// Operator is a comparison operator by its AWS name.
type Operator string

// operators are those with a threshold; their texts stand in reasons.
var operators = map[Operator]struct {
	breaches func(value, threshold float64) bool
	text     string
}{
	"GreaterThanThreshold":          {func(v, t float64) bool { return v > t }, "greater than"},
	"GreaterThanOrEqualToThreshold": {func(v, t float64) bool { return v >= t }, "greater than or equal to"},
	"LessThanThreshold":             {func(v, t float64) bool { return v < t }, "less than"},
	"LessThanOrEqualToThreshold":    {func(v, t float64) bool { return v <= t }, "less than or equal to"},
}

// Known tells whether o compares with a threshold; those of anomaly detection do not.
func (o Operator) Known() bool { _, ok := operators[o]; return ok }

// Breaches tells whether a value crosses the threshold.
func (o Operator) Breaches(value, threshold float64) bool {
	op, ok := operators[o]
	return ok && op.breaches(value, threshold)
}
