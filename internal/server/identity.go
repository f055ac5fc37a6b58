package server

import (
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// machine is what this machine is called in AWS's words. It is made once for a
// data directory.
type machine struct {
	InstanceID string // "i-" and 17 hex digits
	VPC        string // default VPC
	Made       time.Time
}

var machines = store.NewTable[machine]("grue.machine")

// identify returns the machine's names, new ones for a new data directory.
func identify(st *store.Store) (machine, error) {
	var m machine
	err := st.Update(func(tx *store.Tx) error {
		if old, ok := machines.Get(tx, "self"); ok {
			m = *old
			return nil
		}
		m = machine{InstanceID: "i-" + arn.NewHex(17), VPC: "vpc-" + arn.NewHex(17), Made: time.Now()}
		machines.Put(tx, "self", &m)
		return nil
	})
	return m, err
}
