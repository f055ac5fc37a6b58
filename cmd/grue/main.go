// Command grue runs Amazon ECS on your own machine. Everything it does is in
// internal/cli.
package main

import (
	"os"

	"github.com/grue-ecs/grue/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
