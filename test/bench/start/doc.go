// Package start measures `grue up`: from exec to the ready line and to the first
// answer of an API, on an empty data directory and on one that was used before,
// and the memory of the idle processes.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/start
package start
