// Package acm is the API of AWS Certificate Manager: certificates for the HTTPS
// listeners of load balancers.
//
//	ImportCertificate  ─► read, match key, verify chain ─┐
//	RequestCertificate ─► issue with grue's own CA ──────┴─► elb.Certificate ─► proxy
//
// A requested certificate is issued at once, whatever the validation method:
// nobody has to prove that a name is his on his own machine. It is signed by a
// certificate authority that is made once for a data directory (package authority);
// GetCertificate returns it as the chain, for clients that want to trust it.
//
// Files: import.go, request.go, describe.go, list.go, tag.go; leaf.go reads what a
// certificate says.
package acm
