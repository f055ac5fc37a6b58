package ssm

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

var labelForm = regexp.MustCompile(`^[a-zA-Z0-9_.\-]{1,100}$`)

// goodLabel: letters, digits, . - _, not beginning with a digit, aws or ssm.
func goodLabel(l string) bool {
	low := strings.ToLower(l)
	return labelForm.MatchString(l) && (l[0] < '0' || l[0] > '9') && !strings.HasPrefix(low, "aws") && !strings.HasPrefix(low, "ssm")
}

// LabelParameterVersion gives labels to a version, the newest by default; a label
// moves from where it was.
func (s *Service) LabelParameterVersion(ctx context.Context, in *ssm.LabelParameterVersionInput) (*ssm.LabelParameterVersionOutput, error) {
	out := &ssm.LabelParameterVersionOutput{InvalidLabels: []string{}}
	err := s.change(ctx, in.Name, func(tx *store.Tx, p *secret.Parameter) error {
		out.InvalidLabels = out.InvalidLabels[:0]
		v, err := versionOf(p, in.ParameterVersion)
		if err != nil {
			return err
		}
		out.ParameterVersion = v.Version
		for _, l := range in.Labels {
			if !goodLabel(l) {
				out.InvalidLabels = append(out.InvalidLabels, l)
				continue
			}
			for i := range p.Versions {
				p.Versions[i].Labels = slices.DeleteFunc(p.Versions[i].Labels, func(x string) bool { return x == l })
			}
			v.Labels = append(v.Labels, l)
		}
		if len(v.Labels) > maxLabels {
			return wire.Errorf("ParameterVersionLabelLimitExceeded", "A parameter version can have a maximum of ten labels.")
		}
		emit(tx, p, "LabelParameterVersion")
		return nil
	})
	return out, err
}

// UnlabelParameterVersion takes labels from a version.
func (s *Service) UnlabelParameterVersion(ctx context.Context, in *ssm.UnlabelParameterVersionInput) (*ssm.UnlabelParameterVersionOutput, error) {
	var out *ssm.UnlabelParameterVersionOutput
	err := s.change(ctx, in.Name, func(_ *store.Tx, p *secret.Parameter) error {
		out = &ssm.UnlabelParameterVersionOutput{InvalidLabels: []string{}, RemovedLabels: []string{}}
		v, err := versionOf(p, in.ParameterVersion)
		if err != nil {
			return err
		}
		for _, l := range in.Labels {
			if i := slices.Index(v.Labels, l); i >= 0 {
				v.Labels = slices.Delete(v.Labels, i, i+1)
				out.RemovedLabels = append(out.RemovedLabels, l)
			} else {
				out.InvalidLabels = append(out.InvalidLabels, l)
			}
		}
		return nil
	})
	return out, err
}

func versionOf(p *secret.Parameter, n *int64) (*secret.ParameterVersion, error) {
	if n == nil {
		return p.Latest(), nil
	}
	for i := range p.Versions {
		if p.Versions[i].Version == *n {
			return &p.Versions[i], nil
		}
	}
	return nil, noVersion(p.Name, strconv.FormatInt(*n, 10))
}
