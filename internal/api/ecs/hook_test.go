package ecs

import (
	"errors"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
)

// hookTargetArn and roleArn may stand beside grue:url and grue:task, for a
// configuration that AWS accepts, too; the function need not exist here.
func TestHookTargetsOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.s.o.Function = func(arn.Scope, string) error { return errors.New("it does not exist") }
	w.cluster()
	td := w.define("web")
	missing, role := ptr("arn:aws:lambda:us-east-1:000000000000:function:nobody"), ptr("arn:aws:iam::000000000000:role/hooks")
	url := map[string]any{"grue:url": "http://h/"}
	for name, tt := range map[string]struct {
		target, role *string
		details      any
		message      string // "" = accepted
	}{
		"missing":       {missing, role, nil, "The lifecycle hook target " + *missing + " cannot be invoked: it does not exist."},
		"other-details": {missing, role, map[string]any{"url": "http://h/"}, "cannot be invoked"},
		"url":           {nil, nil, url, ""},
		"url-beside":    {missing, role, url, ""},
		"task-beside":   {missing, role, map[string]any{"grue:task": true}, ""},
		"neither":       {nil, nil, nil, "requires hookTargetArn and roleArn"},
		"both":          {nil, nil, map[string]any{"grue:url": "http://h/", "grue:task": true}, "give one of them"},
	} {
		h := types.DeploymentLifecycleHook{HookTargetArn: tt.target, RoleArn: tt.role, LifecycleStages: []types.DeploymentLifecycleHookStage{"POST_SCALE_UP"}}
		if tt.details != nil {
			h.HookDetails = document.NewLazyDocument(tt.details)
		}
		_, err := w.s.CreateService(w.ctx, web(td, func(in *sdk.CreateServiceInput) {
			in.ServiceName = ptr("s-" + name)
			in.DeploymentConfiguration = &types.DeploymentConfiguration{LifecycleHooks: []types.DeploymentLifecycleHook{h}}
		}))
		if tt.message == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		refused(t, err, "InvalidParameterException", tt.message)
	}
}
