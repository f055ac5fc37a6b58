// Package pattern reads the filter patterns of Amazon CloudWatch Logs and matches
// log events with them.
//
//	ERROR "out of memory" -debug          every term, but not debug
//	?ERROR ?WARN                          any of the terms
//	%4\d\d%                               a regular expression
//	[ip, user, ..., status = 5*, bytes]   words of the line, by place
//	{ $.level = "ERROR" && $.ms > 100 }   members of a JSON event
//
// Terms and phrases match anywhere in an event and respect case. An empty pattern
// matches everything.
//
// Files: pattern.go (Parse, Match), term.go, words.go, json.go (the three kinds),
// scan.go (tokens), compare.go (values and operators).
package pattern
