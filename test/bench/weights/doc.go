// Package weights measures how often the weights of a rule can change while
// requests run through it, and that none of them fails: a thousand tables a
// second straight into grue proxy, and as many ModifyListener calls as the API
// takes.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/weights
package weights
