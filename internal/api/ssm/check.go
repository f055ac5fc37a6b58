package ssm

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/wire"
)

// Quotas of Parameter Store.
const (
	maxStandard = 4 << 10
	maxAdvanced = 8 << 10
	maxLevels   = 15
	maxName     = 1011 // of the whole ARN
	maxVersions = 100
	maxLabels   = 10
	maxNames    = 10 // in one call
	maxTags     = 50
)

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)

// checkNewName holds the rules for the name of a new parameter.
func checkNewName(s arn.Scope, name string) error {
	bare := strings.ToLower(strings.TrimPrefix(name, "/"))
	p := secret.Parameter{Scope: s, Name: name}
	switch {
	case name == "":
		return violated("name", name, "Member must have length greater than or equal to 1")
	case !nameForm.MatchString(name) || strings.HasSuffix(name, "/") || strings.Contains(name, "//"):
		return invalid("Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths " +
			"divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_")
	case strings.Contains(name, "/") && !strings.HasPrefix(name, "/"):
		return invalid("Parameter name must be a fully qualified name.")
	case strings.HasPrefix(bare, "aws"):
		return wire.Errorf("AccessDeniedException", "No access to reserved parameter name: %s.", name)
	case strings.HasPrefix(bare, "ssm"):
		return invalid("Parameter name: can't be prefixed with \"ssm\" (case-insensitive).")
	case strings.Count(strings.TrimPrefix(name, "/"), "/") >= maxLevels:
		return wire.Errorf("HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of %d levels.", maxLevels)
	case len(p.ARN()) > maxName:
		return invalid("Parameter name is too long: with its ARN it has more than %d characters.", maxName)
	}
	return nil
}

// checkValue holds the rules for a value and for what goes with it.
func checkValue(in *ssm.PutParameterInput, tier types.ParameterTier) error {
	value := aws.ToString(in.Value)
	if value == "" {
		return violated("value", "", "Member must have length greater than or equal to 1")
	}
	if tier == types.ParameterTierStandard && len(value) > maxStandard {
		return invalid("Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html")
	}
	if len(value) > maxAdvanced {
		return invalid("Advanced tier parameters support a maximum parameter value of 8192 characters.")
	}
	pattern := aws.ToString(in.AllowedPattern)
	if pattern == "" {
		return nil
	}
	re, err := regexp.Compile(`^(?:` + pattern + `)$`)
	if err != nil {
		return wire.Errorf("InvalidAllowedPatternException", "The request does not meet the regular expression requirement: %s", err)
	}
	if !re.MatchString(value) {
		return wire.Errorf("ParameterPatternMismatchException", "Parameter value, cannot be validated against allowedPattern: %s", pattern)
	}
	return nil
}

// checkType: a parameter keeps its type for life.
func checkType(asked types.ParameterType, old *secret.Parameter) (string, error) {
	switch {
	case asked != "" && !slices.Contains(asked.Values(), asked):
		return "", violated("type", string(asked), "Member must satisfy enum value set: [SecureString, StringList, String]")
	case old == nil && asked == "":
		return "", invalid("A parameter type is required when you create a parameter.")
	case old == nil:
		return string(asked), nil
	case asked != "" && string(asked) != old.Type:
		return "", wire.Errorf("HierarchyTypeMismatchException", "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. You must create a new, unique parameter.")
	}
	return old.Type, nil
}

var dataTypes = []string{"text", "aws:ec2:image", "aws:ssm:integration"}

func checkDataType(t string) (string, error) {
	if t == "" {
		return "text", nil
	}
	if !slices.Contains(dataTypes, t) {
		return "", invalid("The following data type is not supported: %s (Data type names are all lowercase.)", t)
	}
	return t, nil
}

// tierOf: Intelligent-Tiering chooses Advanced only where it is needed.
func tierOf(in *ssm.PutParameterInput, old *secret.Parameter) (types.ParameterTier, error) {
	needsAdvanced := len(aws.ToString(in.Value)) > maxStandard || aws.ToString(in.Policies) != "" && aws.ToString(in.Policies) != "{}"
	was := types.ParameterTier("")
	if old != nil {
		was = types.ParameterTier(old.Latest().Tier)
	}
	switch in.Tier {
	case types.ParameterTierAdvanced:
		return types.ParameterTierAdvanced, nil
	case types.ParameterTierIntelligentTiering:
		if needsAdvanced || was == types.ParameterTierAdvanced {
			return types.ParameterTierAdvanced, nil
		}
		return types.ParameterTierStandard, nil
	case "":
		if was != "" {
			return was, nil
		}
		return types.ParameterTierStandard, nil
	case types.ParameterTierStandard:
		if was == types.ParameterTierAdvanced {
			return "", invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
		}
		return types.ParameterTierStandard, nil
	}
	return "", violated("tier", string(in.Tier), "Member must satisfy enum value set: [Standard, Intelligent-Tiering, Advanced]")
}
