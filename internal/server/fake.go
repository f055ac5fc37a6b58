package server

import (
	"path/filepath"

	"github.com/grue-ecs/grue/internal/runtime/fake"
)

// openFake runs tasks on paper only: for tests of everything else, on machines
// without root or containers.
func openFake(o Options) (*platform, error) {
	lb, err := openLoopback(filepath.Join(o.Data, "fake"))
	if err != nil {
		return nil, err
	}
	joined := newJoining()
	return &platform{driver: fake.New(fake.Options{Joined: joined.tell}), joined: joined, addresses: lb}, nil
}
