package docs

// Unrun are the blocks that the test does not run, by page and first line, and
// why. The test fails when one of them is gone, or another appears.
var Unrun = map[string]map[string]string{
	"docs/cli.md": {
		"grue status                                                # the grue of this machine": "another grue and Amazon ECS are not there in a test",
		"grue deploy web --image \"$IMAGE\" --aws -c prod":                                      "Amazon ECS is not there in a test",
	},
	"README.md": {
		"git clone https://github.com/grue-ecs/grue && cd grue": "the test is part of what these commands run",
	},
	"docs/benchmarks.md": {
		"sudo make bench                                                        # all of it, about half an hour": "it takes half an hour, and wants a quiet machine",
	},
	"docs/exec.md": {
		"aws ecs execute-command --task $task --container web --interactive --command /bin/sh": "the sample has no shell; the black-box tests of exec open one, with the plugin and without",
	},
	"docs/getting-started.md": {
		"git clone https://github.com/grue-ecs/grue && cd grue": "the test runs what stands in the repository, built",
		"sudo grue down --purge":                                "the test does the same at its end",
	},
	"docs/from-localstack-and-moto.md": {
		"pip install boto3 pytest": "pytest is nothing that grue needs; the block after it runs the same test",
	},
	"docs/operating.md": {
		"sudo install bin/grue /usr/local/bin/grue && sudo cp grue.service /etc/systemd/system/": "it changes the machine; TestUnit asks systemd about the file",
	},
}
