package docs

// Unrun are the blocks that the test does not run, by page and first line, and
// why. The test fails when one of them is gone, or another appears.
var Unrun = map[string]map[string]string{
	"docs/getting-started.md": {
		"git clone https://github.com/grue-ecs/grue && cd grue": "the test runs what stands in the repository, built",
		"sudo grue down --purge":                                "the test does the same at its end",
	},
}
