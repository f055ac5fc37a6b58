// Package route holds the routing decision of grue's load balancers as data and
// as pure functions: which rule matches a request, which target group of its
// weighted forward action gets it, which target of that group.
//
//	Table ─ Compile ─► Router ─ Match(request) ─► Rule ─ pick group ─► pick target
//
// A Table is immutable and versioned. The server builds one from the records of
// Elastic Load Balancing and streams it to every proxy; a proxy compiles it,
// swaps one pointer and acknowledges the version. A request sees one Table from
// its start to its end, so rules and weights change between two requests and
// never within one.
//
// The package does no I/O, reads no clock and starts no goroutine.
package route
