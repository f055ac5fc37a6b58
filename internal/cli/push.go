package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/image"
)

// pushCmd is `grue push`.
type pushCmd struct {
	Image  string   `arg:"" help:"Repository and tag, such as web:v1. The repository is made if there is none."`
	Source string   `arg:"" help:"A static program, an archive of docker save, a directory in the OCI image layout, or - for an archive on standard input."`
	Env    []string `short:"e" help:"Environment variable of the image of a program, NAME=VALUE; may be repeated." sep:"none" placeholder:"NAME=VALUE"`
	Expose []string `help:"Port of the image of a program; may be repeated." placeholder:"PORT/tcp"`
	User   string   `help:"User of the image of a program." default:"65534:65534" placeholder:"UID:GID"`
	JSON   bool     `help:"Print JSON."`
	client.Flags
}

// Help is the long help.
func (pushCmd) Help() string {
	return `Pushes an image into the registry, without a Docker daemon, and prints the name that a task
definition uses. One static program is an image already: it becomes the entry point.

Examples:
  CGO_ENABLED=0 go build -o web . && grue push web:v1 ./web
  docker save web:v1 | grue push web:v1 -
  grue push team/web:v2 ./oci-layout`
}

// Run reads the image and sends it.
func (c *pushCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	source := c.Source
	if source == "-" {
		file, err := spool(s.in)
		if err != nil {
			return err
		}
		defer os.Remove(file)
		source = file
	}
	img, err := image.Read(ctx, source, image.BuildOptions{Env: c.Env, ExposedPorts: c.Expose, User: c.User})
	if err != nil {
		return err
	}
	done := s.doing("pushing " + c.Image + " to " + cl.Where())
	pushed, err := cl.Push(ctx, c.Image, img)
	done()
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(s.out, pushed)
	}
	if pushed.Created {
		fmt.Fprintln(s.err, "the repository is new")
	}
	fmt.Fprintf(s.out, "%s\n", pushed.URI)
	return nil
}

// spool keeps standard input in a file: an archive is read more than once.
func spool(in io.Reader) (string, error) {
	file, err := os.CreateTemp("", "grue-push-*.tar")
	if err != nil {
		return "", err
	}
	if _, err = io.Copy(file, in); err == nil {
		err = file.Close()
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return file.Name(), err
}
