// Package alarm decides about CloudWatch alarms: what state datapoints mean,
// what a metric math expression yields, whether a composite rule holds. It is
// pure: values in, values out, time is an argument.
//
//	datapoints ──► Evaluate(Settings, points) ──► state, reason, reason data
//	   ▲
//	   └─ Formula.Eval(series) ◄── ParseFormula("IF(m2>0, 100*m1/m2, 0)")
//	ParseRule("ALARM(a) AND NOT OK(b)") ──► Rule.Holds(state of a name)
//
// Evaluate looks at more periods than EvaluationPeriods (the evaluation range)
// and applies TreatMissingData only when there are fewer real datapoints in it
// than it needs: the tables of the CloudWatch guide are in the test.
//
// In a formula a series has one value for each period of a Grid, NaN where there
// is no datapoint. Arithmetic takes a value that one of its series lacks as 0,
// and drops the result where all lack it; a division by zero has no datapoint.
//
// Files: evaluate.go (M of N), missing.go (missing data), reason.go (AWS's
// words), operator.go; scan.go, formula.go, eval.go, function.go, fill.go, sort.go
// (metric math); rule.go (composite alarms).
package alarm
