// Package registry is grue's own container registry: Amazon ECR's records and
// the Docker/OCI distribution protocol over them.
//
//	docker push, crane, skopeo ──► ServeHTTP /v2/… ─┐
//	internal/api/ecr ───────────► Go methods ───────┼─► store: repository, image,
//	internal/image (pull) ──────► Find, OpenBlob ───┘          tag, layer
//	                                                 └─► DIR/blobs/sha256/…
//
// Records are in internal/store, one transaction a change, and carry ECR's
// events with them. Bytes are files named by digest. A file is on disk before a
// record refers to it, and goes only after the last record that did: a crash at
// any moment leaves at worst a file that Sweep removes.
//
//	ecr-repository  account/region/name
//	ecr-image       account/region/name@sha256:…   one manifest
//	ecr-tag         account/region/name:tag        → digest
//	ecr-layer       account/region/name@sha256:…   a blob the repository may use
//
// Repositories belong to an account and a region. Requests name them by host
// (ACCOUNT.dkr.ecr.REGION.amazonaws.com) or by the token they carry; a plain
// address such as 127.0.0.1:4566 means the default ones. See scope.go.
//
// Clients on this machine need no login (auth.go), and their first push creates
// the repository unless Options.NoCreateOnPush says otherwise.
//
// Files: handler.go routes a request; blobs.go, uploads.go, manifests.go, tags.go,
// referrers.go answer it; put.go and check.go decide about a manifest; remove.go
// deletes; sweep.go and lifecycle.go clean up; problem.go has every error.
package registry
