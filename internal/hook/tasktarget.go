package hook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxWord bounds a word of a command and a variable, in bytes.
const maxWord = 32 << 10

// taskTarget is the one-off task that a hook runs.
type taskTarget struct {
	Command        []string   `json:"command"`        // nil = the definition's own
	Container      string     `json:"container"`      // whose exit code counts; "" = the first essential one
	Environment    []variable `json:"environment"`    // more variables of that container
	TaskDefinition string     `json:"taskDefinition"` // family, family:revision or ARN; "" = the new revision's
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// parseTask reads true, or an object with the members of a taskTarget.
func parseTask(doc json.RawMessage) (*taskTarget, error) {
	t := &taskTarget{}
	if string(doc) == "true" {
		return t, nil
	}
	members, ok := object(doc)
	if !ok {
		return nil, fmt.Errorf(`%s must be true or an object, such as {"command": ["./migrate", "up"]}`, memberTask)
	}
	for name := range members {
		if !slices.Contains([]string{"command", "container", "environment", "taskDefinition"}, name) {
			return nil, fmt.Errorf("%s has the unknown member %q; it can have command, container, environment and taskDefinition", memberTask, shorten(name))
		}
	}
	if json.Unmarshal(doc, t) != nil {
		return nil, fmt.Errorf("%s must have a command that is a list of strings, an environment that is a list of {name, value}, and a container and a taskDefinition that are strings", memberTask)
	}
	return t, t.check(members)
}

func (t *taskTarget) check(members map[string]json.RawMessage) error {
	_, command := members["command"]
	_, container := members["container"]
	_, definition := members["taskDefinition"]
	switch {
	case command && (len(t.Command) == 0 || t.Command[0] == ""):
		return fmt.Errorf("%s has an empty command; leave it out to run the task definition's own", memberTask)
	case container && t.Container == "":
		return fmt.Errorf("%s has an empty container", memberTask)
	case definition && t.TaskDefinition == "":
		return fmt.Errorf("%s has an empty taskDefinition", memberTask)
	}
	words := slices.Clone(t.Command)
	for _, v := range t.Environment {
		if v.Name == "" || strings.ContainsAny(v.Name, "=") {
			return fmt.Errorf("%s has an environment variable without a name, or with a name that contains \"=\"", memberTask)
		}
		words = append(words, v.Name, v.Value)
	}
	for _, w := range words {
		if len(w) > maxWord || strings.Contains(w, "\x00") {
			return fmt.Errorf("%s has a command or environment with a NUL character or longer than %d bytes", memberTask, maxWord)
		}
	}
	return nil
}
