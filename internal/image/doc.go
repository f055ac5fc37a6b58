// Package image brings images to this machine and lays their layers out for
// overlayfs.
//
//	"app:v1" ─► locate ─┬─ grue's own registry: its records and files, no HTTP
//	                    └─ any other: go-containerregistry
//	   ─► manifest (index: the one for this platform) ─► configuration
//	   ─► layers, each once: fetch │ verify │ unpack ─► DIR/layers/<diff ID>
//	   ─► DIR/images/<digest>.json, written last
//
// Everything is named by digest and appears only when it is complete, verified
// and on disk: after a crash Prepare goes on with the layers that are missing.
// Concurrent Prepares share one download per layer; a caller that gives up does
// not end it for the others.
//
// Hosts ACCOUNT.dkr.ecr.REGION.amazonaws.com and the server's own address mean
// the embedded registry (package registry). Errors are PullErrors, worded as ECS
// users know them, each with a hint of what to do.
//
// Files: reference.go, store.go (Prepare), resolve.go, layer.go, flight.go,
// local.go and remote.go (where bytes come from), transport.go (time-outs and
// resumed downloads), record.go, gc.go, failure.go, build.go (images from Go,
// without docker), export.go (for a Docker Engine).
package image
