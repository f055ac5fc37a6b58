package registry

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints of a push.
var (
	faultBlob         = fault.New("registry.blob.before")
	faultBlobKept     = fault.New("registry.blob.stored")
	faultBlobLinked   = fault.New("registry.blob.after")
	faultManifest     = fault.New("registry.manifest.before")
	faultManifestKept = fault.New("registry.manifest.after")
)
