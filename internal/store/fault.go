package store

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints around the flush of a batch.
var (
	faultWrite   = fault.New("store.write.before")
	faultCommit  = fault.New("store.commit.before")
	faultWritten = fault.New("store.write.after")
	faultTold    = fault.New("store.told.after")
)
