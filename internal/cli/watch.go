package cli

import "github.com/grue-ecs/grue/internal/client"

type watchCmd struct{ client.Flags }

func (*watchCmd) Run(*streams) error { return nil }
