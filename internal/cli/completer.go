package cli

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/internal/client"
)

// completer walks the words through the grammar.
type completer struct {
	model *kong.Node
	given map[string]string // values of flags
	args  int               // positional arguments before the word
}

func (f *completer) complete(words []string) []string {
	var open *kong.Flag // that waits for its value
	for _, w := range words[:len(words)-1] {
		switch name, value, has := strings.Cut(w, "="); {
		case open != nil:
			f.given[open.Name], open = w, nil
		case strings.HasPrefix(w, "-") && w != "-":
			if flag := f.flag(name); flag != nil && has {
				f.given[flag.Name] = value
			} else if flag != nil && flag.IsBool() {
				f.given[flag.Name] = "true"
			} else {
				open = flag
			}
		default:
			f.word(w)
		}
	}
	last := words[len(words)-1]
	name, value, has := strings.Cut(last, "=")
	switch {
	case open != nil:
		return matching(f.values(open.Value), last)
	case strings.HasPrefix(last, "-") && has:
		if flag := f.flag(name); flag != nil {
			return matching(f.values(flag.Value), value)
		}
		return nil
	case strings.HasPrefix(last, "-"):
		return matching(f.flags(), last)
	}
	return matching(f.positions(), last)
}

// word goes down to a verb, or counts a positional argument.
func (f *completer) word(w string) {
	for _, child := range f.model.Children {
		if child.Name == w {
			f.model, f.args = child, 0
			return
		}
	}
	f.args++
}

// flag finds a flag of this verb, or of grue itself, by --name or -n.
func (f *completer) flag(word string) *kong.Flag {
	for _, group := range f.model.AllFlags(false) {
		for _, flag := range group {
			if word == "--"+flag.Name || flag.Short != 0 && word == "-"+string(flag.Short) {
				return flag
			}
		}
	}
	return nil
}

func (f *completer) flags() (out []string) {
	for _, group := range f.model.AllFlags(true) {
		for _, flag := range group {
			out = append(out, "--"+flag.Name+"\t"+flag.Help)
		}
	}
	return out
}

// positions are the verbs, or the values of the next positional argument.
func (f *completer) positions() (out []string) {
	for _, child := range f.model.Children {
		if !child.Hidden {
			out = append(out, child.Name+"\t"+child.Help)
		}
	}
	if n := len(f.model.Positional); f.args < n {
		return append(out, f.values(f.model.Positional[f.args])...)
	}
	return out
}

// values are what an argument or flag may be.
func (f *completer) values(v *kong.Value) []string {
	place := ""
	if v.Flag != nil {
		place = v.Flag.PlaceHolder
	}
	switch {
	case v.Enum != "":
		return strings.Split(v.Enum, ",")
	case place == "FILE" || place == "DIR":
		return []string{":files"}
	case v.Name == "for":
		return append([]string{"done", "steady", "approval"}, client.Stages...)
	case v.Name == "topic":
		f.model = f.model.Parent
		return append(f.positions(), "exit-codes")
	}
	return f.ask(v.Name)
}

// ask the ECS that the flags mean for names.
func (f *completer) ask(what string) (names []string) {
	ctx, cancel := context.WithTimeout(context.Background(), completePatience)
	defer cancel()
	flags := client.Flags{
		Cluster: f.given["cluster"], Endpoint: f.given["endpoint"], AWS: f.given["aws"] != "", Region: f.given["region"],
		Profile: f.given["profile"], CAFile: f.given["ca-file"],
	}
	for _, name := range []string{os.Getenv("GRUE_CLUSTER"), "default"} {
		if flags.Cluster == "" {
			flags.Cluster = name
		}
	}
	cl, err := flags.Open(ctx)
	if err != nil {
		return nil
	}
	switch what {
	case "cluster":
		out, err := cl.ECS.ListClusters(ctx, &ecs.ListClustersInput{})
		if err == nil {
			for _, arn := range out.ClusterArns {
				names = append(names, client.Last(arn))
			}
		}
	case "service", "service-or-task":
		all, _ := cl.Services(ctx)
		for _, s := range all {
			names = append(names, aws.ToString(s.ServiceName))
		}
	}
	if what == "task" || what == "service-or-task" {
		all, _ := cl.Tasks(ctx, "", false)
		for _, t := range all {
			names = append(names, client.Last(aws.ToString(t.TaskArn))+"\t"+client.Last(aws.ToString(t.TaskDefinitionArn)))
		}
	}
	return names
}

// matching are the candidates that begin as the word does.
func matching(all []string, word string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s != ":files" && !strings.HasPrefix(s, word) })
}
