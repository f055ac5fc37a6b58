package wire

import "maps"

// exceptions are the members of AWS's services that are not spelled as the
// rest of their service, by signing name; TestModels prints what is missing.
// Spec.Exceptions adds to them.
var exceptions = map[string]map[string]string{
	"acm": {
		"Filters.ExportOption":     "exportOption",
		"Filters.ExtendedKeyUsage": "extendedKeyUsage",
		"Filters.KeyTypes":         "keyTypes",
		"Filters.KeyUsage":         "keyUsage",
		"Filters.ManagedBy":        "managedBy",
	},
	"ecr": {
		"Tag.Key":   "Key",
		"Tag.Value": "Value",
	},
	"events": {
		"CapacityProviderStrategyItem.Base":             "base",
		"CapacityProviderStrategyItem.CapacityProvider": "capacityProvider",
		"CapacityProviderStrategyItem.Weight":           "weight",
		"NetworkConfiguration.AwsvpcConfiguration":      "awsvpcConfiguration",
		"PlacementConstraint.Expression":                "expression",
		"PlacementConstraint.Type":                      "type",
		"PlacementStrategy.Field":                       "field",
		"PlacementStrategy.Type":                        "type",
	},
	"iam": {
		"ListDelegationRequestsOutput.IsTruncated": "isTruncated",
	},
	"logs": {
		"DescribeDestinationsInput.DestinationNamePrefix": "DestinationNamePrefix",
	},
	"sns": {
		"CheckIfPhoneNumberIsOptedOutInput.PhoneNumber": "phoneNumber",
		"CheckIfPhoneNumberIsOptedOutOutput.IsOptedOut": "isOptedOut",
		"GetSMSAttributesInput.Attributes":              "attributes",
		"GetSMSAttributesOutput.Attributes":             "attributes",
		"ListPhoneNumbersOptedOutInput.NextToken":       "nextToken",
		"ListPhoneNumbersOptedOutOutput.NextToken":      "nextToken",
		"ListPhoneNumbersOptedOutOutput.PhoneNumbers":   "phoneNumbers",
		"OptInPhoneNumberInput.PhoneNumber":             "phoneNumber",
		"SetSMSAttributesInput.Attributes":              "attributes",
	},
	"sqs": {
		"CreateQueueInput.Tags":                      "tags",
		"ListDeadLetterSourceQueuesOutput.QueueUrls": "queueUrls",
	},
	"ssm": {
		"AssociationFilter.Key":              "key",
		"AssociationFilter.Value":            "value",
		"CommandFilter.Key":                  "key",
		"CommandFilter.Value":                "value",
		"DocumentFilter.Key":                 "key",
		"DocumentFilter.Value":               "value",
		"InstanceInformationFilter.Key":      "key",
		"InstanceInformationFilter.ValueSet": "valueSet",
		"InstancePropertyFilter.Key":         "key",
		"InstancePropertyFilter.ValueSet":    "valueSet",
		"SessionFilter.Key":                  "key",
		"SessionFilter.Value":                "value",
	},
	"sts": {
		"PolicyDescriptorType.Arn": "arn",
	},
}

// plannerFor is the planner of a service's JSON.
func plannerFor(spec *Spec) *planner {
	all := maps.Clone(exceptions[spec.Name])
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, spec.Exceptions)
	switch {
	case len(all) > 0:
		return newPlanner(spelling{lower: spec.LowerCase, exceptions: all})
	case spec.LowerCase:
		return lowerNames
	}
	return upperNames
}
