package image

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints of a pull.
var (
	faultResolved = fault.New("image.resolve.after")
	faultUnpack   = fault.New("image.unpack.before")
	faultUnpacked = fault.New("image.unpack.after")
	faultLayer    = fault.New("image.layer.after")
	faultPrepared = fault.New("image.prepare.after")
)
