package registry

import (
	"encoding/json"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// imageAction is the detail of EventBridge's "ECR Image Action".
type imageAction struct {
	Action       string `json:"action-type"`
	Result       string `json:"result"`
	Repository   string `json:"repository-name"`
	Digest       string `json:"image-digest"`
	Tag          string `json:"image-tag,omitempty"`
	MediaType    string `json:"manifest-media-type,omitempty"`
	ArtifactType string `json:"artifact-media-type,omitempty"`
}

// emit tells of a push or a deletion, in the transaction that does it.
func (r *Registry) emit(tx *store.Tx, s arn.Scope, name, action, t string, img *Image) {
	detail, err := json.Marshal(imageAction{action, "SUCCESS", name, string(img.Digest), t, img.MediaType, img.ArtifactType})
	if err != nil {
		panic(err) // strings only
	}
	tx.Emit(store.Event{
		Source: "aws.ecr", DetailType: "ECR Image Action",
		Account: s.Account, Region: s.Region, Detail: detail,
	})
}
