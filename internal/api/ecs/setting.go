package ecs

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// setting is an account setting of a principal; Principal "" is the account's
// default.
type setting struct {
	arn.Scope
	Name, Value, Principal string
}

var settings = store.NewTable[setting]("ecs.accountsetting")

// known are the account settings with their values; the first is the default.
var known = []struct {
	name   types.SettingName
	values []string
}{
	{types.SettingNameServiceLongArnFormat, []string{"enabled", "disabled"}},
	{types.SettingNameTaskLongArnFormat, []string{"enabled", "disabled"}},
	{types.SettingNameContainerInstanceLongArnFormat, []string{"enabled", "disabled"}},
	{types.SettingNameAwsvpcTrunking, []string{"disabled", "enabled"}},
	{types.SettingNameContainerInsights, []string{"disabled", "enabled", "enhanced"}},
	{types.SettingNameFargateFipsMode, []string{"disabled", "enabled"}},
	{types.SettingNameTagResourceAuthorization, []string{"on", "off"}},
	{types.SettingNameFargateTaskRetirementWaitPeriod, []string{"7", "0", "14"}},
	{types.SettingNameGuardDutyActivate, []string{"off", "on"}},
	{types.SettingNameDefaultLogDriverMode, []string{"non-blocking", "blocking"}},
	{types.SettingNameFargateEventWindows, []string{"disabled", "enabled"}},
}

func checkSetting(name types.SettingName, value string) error {
	for _, k := range known {
		if k.name != name {
			continue
		}
		if value != "" && !slices.Contains(k.values, value) {
			return invalid("Invalid value '%s' for the account setting %s.", clip(value), name)
		}
		return nil
	}
	return oneOf("account setting name", name, name.Values())
}

func (r *request) settingKey(principal string, name types.SettingName) string {
	return r.Key(principal, string(name))
}

// effective is the value of a setting for the caller: its own, the account's
// default, or ECS's.
func (r *request) effective(name types.SettingName) string {
	for _, p := range []string{r.caller.ARN, ""} {
		if x, ok := settings.Get(r.Tx, r.settingKey(p, name)); ok {
			return x.Value
		}
	}
	for _, k := range known {
		if k.name == name {
			return k.values[0]
		}
	}
	return ""
}

// PutAccountSetting sets a value for a principal, by default the caller.
func (s *Service) PutAccountSetting(ctx context.Context, in *sdk.PutAccountSettingInput) (*sdk.PutAccountSettingOutput, error) {
	x, err := s.putSetting(ctx, in.Name, get(in.Value), func(r *request) string { return orCaller(r, in.PrincipalArn) })
	return &sdk.PutAccountSettingOutput{Setting: x}, err
}

// PutAccountSettingDefault sets the value for everybody without one of their own.
func (s *Service) PutAccountSettingDefault(ctx context.Context, in *sdk.PutAccountSettingDefaultInput) (*sdk.PutAccountSettingDefaultOutput, error) {
	x, err := s.putSetting(ctx, in.Name, get(in.Value), func(*request) string { return "" })
	return &sdk.PutAccountSettingDefaultOutput{Setting: x}, err
}

func orCaller(r *request, principal *string) string {
	if p := get(principal); p != "" {
		return p
	}
	return r.caller.ARN
}

func (s *Service) putSetting(ctx context.Context, name types.SettingName, value string, principal func(*request) string) (*types.Setting, error) {
	if value == "" {
		return nil, invalid("The value of an account setting cannot be empty.")
	}
	if err := checkSetting(name, value); err != nil {
		return nil, err
	}
	var out *types.Setting
	err := s.update(ctx, func(r *request) error {
		x := &setting{Scope: r.Scope, Name: string(name), Value: value, Principal: principal(r)}
		settings.Put(r.Tx, r.settingKey(x.Principal, name), x)
		out = r.settingView(name, value, x.Principal)
		return nil
	})
	return out, err
}

func (r *request) settingView(name types.SettingName, value, principal string) *types.Setting {
	if principal == "" {
		principal = arn.Make("iam", "", r.Account, "root")
	}
	kind := types.SettingTypeUser
	if name == types.SettingNameGuardDutyActivate {
		kind = types.SettingTypeAwsManaged
	}
	return &types.Setting{Name: name, Value: &value, PrincipalArn: &principal, Type: kind}
}

// DeleteAccountSetting takes back what PutAccountSetting set.
func (s *Service) DeleteAccountSetting(ctx context.Context, in *sdk.DeleteAccountSettingInput) (*sdk.DeleteAccountSettingOutput, error) {
	if err := checkSetting(in.Name, ""); err != nil {
		return nil, err
	}
	out := &sdk.DeleteAccountSettingOutput{}
	return out, s.update(ctx, func(r *request) error {
		p := orCaller(r, in.PrincipalArn)
		settings.Delete(r.Tx, r.settingKey(p, in.Name))
		out.Setting = r.settingView(in.Name, "", p)
		out.Setting.Value = nil
		return nil
	})
}

// ListAccountSettings lists what was set for a principal, or what is in effect.
func (s *Service) ListAccountSettings(ctx context.Context, in *sdk.ListAccountSettingsInput) (*sdk.ListAccountSettingsOutput, error) {
	if in.Name != "" {
		if err := checkSetting(in.Name, ""); err != nil {
			return nil, err
		}
	}
	if in.MaxResults < 0 || in.MaxResults > 100 {
		return nil, invalid("maxResults must be between 1 and 100; it was %d.", in.MaxResults)
	}
	var found []types.Setting
	if err := s.view(ctx, func(r *request) error {
		principal := orCaller(r, in.PrincipalArn)
		for _, k := range known {
			value := ""
			if in.EffectiveSettings {
				value = r.effective(k.name)
			} else if x, ok := settings.Get(r.Tx, r.settingKey(principal, k.name)); ok {
				value = x.Value
			}
			if value == "" || in.Name != "" && in.Name != k.name || get(in.Value) != "" && get(in.Value) != value {
				continue
			}
			found = append(found, *r.settingView(k.name, value, principal))
		}
		return nil
	}); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b types.Setting) int { return strings.Compare(string(a.Name), string(b.Name)) })
	var max *int32
	if in.MaxResults > 0 {
		max = &in.MaxResults
	}
	page, next, err := pageBy(found, func(x types.Setting) string { return string(x.Name) }, in.NextToken, max, 100)
	return &sdk.ListAccountSettingsOutput{Settings: page, NextToken: next}, err
}
