package cli

import "github.com/grue-ecs/grue/internal/client"

type completionCmd struct{ client.Flags }

func (*completionCmd) Run(*streams) error { return nil }
