package demo

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestShifts(t *testing.T) {
	groups := [2]string{"blue", "green"}
	forward := func(to ...string) []types.Action {
		f := &types.ForwardActionConfig{}
		for _, g := range to {
			f.TargetGroups = append(f.TargetGroups, types.TargetGroupTuple{TargetGroupArn: aws.String(g)})
		}
		return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: f}}
	}
	for name, tt := range map[string]struct {
		actions []types.Action
		want    bool
	}{
		"both":         {forward("green", "blue"), true},
		"one":          {forward("blue"), false},
		"others":       {forward("blue", "other"), false},
		"three":        {forward("blue", "green", "other"), false},
		"none":         {nil, false},
		"fixed answer": {[]types.Action{{Type: types.ActionTypeEnumFixedResponse}}, false},
	} {
		if got := shifts(tt.actions, groups); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPort80(t *testing.T) {
	list := []types.Listener{{Port: aws.Int32(79)}, {Port: aws.Int32(80)}, {Port: aws.Int32(8080)}}
	if got := onPort80(list); got == nil || *got.Port != 80 {
		t.Error(got)
	}
	if got := onPort80(list[2:]); got != nil {
		t.Error(*got.Port)
	}
}
