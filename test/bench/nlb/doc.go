// Package nlb measures what forwarding TCP costs in a load balancer: processor
// time of the process, user and system, for each MiB of a bulk transfer and for
// each short connection (connect, one small exchange, close), beside HAProxy in
// TCP mode, with and without splice. All have two threads and two targets with
// weights; they take turns, and the figures are medians.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/nlb
package nlb
