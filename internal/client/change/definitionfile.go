package change

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// DefinitionFile is a task definition that a file holds: what
// RegisterTaskDefinition takes, or what DescribeTaskDefinition prints.
type DefinitionFile struct {
	Path  string
	Input *ecs.RegisterTaskDefinitionInput
	Notes []string
}

var (
	registerNames   = fields(ecs.RegisterTaskDefinitionInput{})
	definitionNames = fields(types.TaskDefinition{})
)

func readDefinition(path string, all members) (*DefinitionFile, error) {
	body, unknown := all, unknownMembers{}
	if all.has("taskDefinition") { // describe-task-definition
		var err error
		if body, err = object(all["taskDefinition"]); err != nil {
			return nil, fmt.Errorf("taskDefinition: %w", err)
		}
		unknown = all.without(map[string]bool{"taskDefinition": true, "tags": true})
		if all.has("tags") {
			body["tags"] = all["tags"]
		}
	}
	unknown = append(unknown, body.without(registerNames, definitionNames)...)
	f := &DefinitionFile{Path: path, Input: &ecs.RegisterTaskDefinitionInput{}}
	if own := body.without(registerNames); own != nil {
		f.Notes = append(f.Notes, fmt.Sprintf("%s: %s left out, for ECS sets them itself", path, strings.Join(own, ", ")))
	}
	if err := body.only(registerNames).into(f.Input, &unknown); err != nil {
		return nil, err
	}
	if err := unknown.error(); err != nil {
		return nil, err
	}
	if len(f.Input.Tags) == 0 {
		f.Input.Tags = nil
	}
	return f, nil
}
