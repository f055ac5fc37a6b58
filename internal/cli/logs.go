package cli

import "github.com/grue-ecs/grue/internal/client"

type logsCmd struct{ client.Flags }

func (*logsCmd) Run(*streams) error { return nil }
