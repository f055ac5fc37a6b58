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
	body := all
	if all.has("taskDefinition") { // describe-task-definition
		var err error
		if body, err = object(all["taskDefinition"]); err != nil {
			return nil, fmt.Errorf("taskDefinition: %w", err)
		}
		if unknown := all.without(map[string]bool{"taskDefinition": true, "tags": true}); unknown != nil {
			return nil, unknownMembers(unknown, "")
		}
		if all.has("tags") {
			body["tags"] = all["tags"]
		}
	}
	if unknown := body.without(registerNames, definitionNames); unknown != nil {
		return nil, unknownMembers(unknown, "")
	}
	f := &DefinitionFile{Path: path, Input: &ecs.RegisterTaskDefinitionInput{}}
	if own := body.without(registerNames); own != nil {
		f.Notes = append(f.Notes, fmt.Sprintf("%s: %s left out, for ECS sets them itself", path, strings.Join(own, ", ")))
	}
	if err := body.only(registerNames).into(f.Input); err != nil {
		return nil, err
	}
	if len(f.Input.Tags) == 0 {
		f.Input.Tags = nil
	}
	return f, nil
}
