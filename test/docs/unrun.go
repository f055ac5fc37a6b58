package docs

// Unrun are the blocks that the test does not run, by page and first line, and
// why. The test fails when one of them is gone, or another appears.
var Unrun = map[string]map[string]string{
	"docs/cli.md": {
		"grue status                                                # the grue of this machine": "the verbs have tests of their own",
		"grue status":                 "the verbs have tests of their own",
		"grue watch web":              "the verbs have tests of their own",
		"grue wait web --timeout 20m": "the verbs have tests of their own",
		"grue events web -f":          "the verbs have tests of their own",
		"grue deploy web --image web:v2 --reason \"release 42\"":                                                        "the verbs have tests of their own",
		"grue diff web --image web:v2":                                                                                  "the verbs have tests of their own",
		"grue deploy web --image web:v2       # 4: it waits for approval":                                               "the verbs have tests of their own",
		"grue deploy web --image \"$IMAGE\" --aws -c prod":                                                              "the verbs have tests of their own",
		"sudo grue keys create ci --data /var/lib/grue      # prints AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, once": "the verbs have tests of their own",
		"source <(grue completion bash)                        # this shell":                                            "the verbs have tests of their own",
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
