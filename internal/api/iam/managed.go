package iam

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"slices"
	"strings"
	"time"
)

// managedDocuments are the policies of AWS that ECS's own roles use, by path
// and name. Any other policy under arn:aws:iam::aws:policy can be attached too,
// for the list is long and grows; its document then grants nothing.
var managedDocuments = map[string]string{
	"/AdministratorAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	"/service-role/AmazonECSTaskExecutionRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken",` +
		`"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`,
	"/service-role/AmazonEC2ContainerServiceEventsRole": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:RunTask"],"Resource":["*"]},` +
		`{"Effect":"Allow","Action":"iam:PassRole","Resource":["*"],"Condition":{"StringLike":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}}]}`,
	"/service-role/AWSLambdaBasicExecutionRole": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup",` +
		`"logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`,
	"/CloudWatchLogsFullAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*"],"Resource":"*"}]}`,
}

const noGrants = `{"Version":"2012-10-17","Statement":[]}`

// managedSince stands for the days on which AWS made its policies.
var managedSince = time.Date(2018, 7, 18, 0, 0, 0, 0, time.UTC)

func (p *Policy) isAWS() bool { return strings.Contains(p.ARN, "::aws:policy/") }

// managedPolicy is the policy of AWS with an ARN.
func managedPolicy(policyARN string) *Policy {
	_, full, _ := strings.Cut(policyARN, ":policy")
	i := strings.LastIndexByte(full, '/')
	document, ok := managedDocuments[full]
	if !ok {
		document = noGrants
	}
	sum := sha256.Sum256([]byte(full))
	return &Policy{
		Name: full[i+1:], Path: full[:i+1], ARN: policyARN,
		ID:      "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17],
		Created: managedSince, Updated: managedSince,
		Versions: []Version{{ID: "v1", Document: document, Created: managedSince, Default: true}},
	}
}

// managedPolicies are those with a document, sorted by name.
func managedPolicies() []*Policy {
	var all []*Policy
	for _, full := range slices.Sorted(maps.Keys(managedDocuments)) {
		all = append(all, managedPolicy("arn:aws:iam::aws:policy"+full))
	}
	slices.SortFunc(all, func(a, b *Policy) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all
}
