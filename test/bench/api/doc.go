// Package api measures the AWS API: DescribeServices calls a second beside
// moto's server, and how long a call takes whose change must be on disk before
// it is answered.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/api
//
// Requests are signed ahead and sent as bytes: an SDK in the client would need
// more of the two processors than the server that is measured.
package api
