package bundle

// Image is an unpacked container image.
type Image struct {
	Digest string   // sha256:… of the manifest
	Layers []string // unpacked layer directories, lowest first
	Config Config
}

// Config is the part of an image's configuration that a container inherits.
type Config struct {
	Env          []string
	Entrypoint   []string
	Cmd          []string
	User         string
	WorkingDir   string
	StopSignal   string   // "SIGTERM", "TERM", "15"; empty = SIGTERM
	Volumes      []string // paths declared as volumes
	Architecture string   // GOARCH of the image; empty = unknown
}
