package lambda

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/store"
)

var (
	statementID = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,100}$`)
	action      = regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`)
)

// AddPermission adds a statement to a resource policy.
func (s *Service) AddPermission(ctx context.Context, in *lambda.AddPermissionInput) (*lambda.AddPermissionOutput, error) {
	r, _, err := s.version(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if !statementID.MatchString(aws.ToString(in.StatementId)) || !action.MatchString(aws.ToString(in.Action)) || aws.ToString(in.Principal) == "" {
		return nil, invalid("Give a StatementId of letters, digits, '-', '_' and '.', an Action such as lambda:InvokeFunction, and a Principal.")
	}
	statement := statementOf(r, in)
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		p := fn.Policies[r.Qualifier]
		if in.RevisionId != nil && *in.RevisionId != p.Revision {
			return stale()
		}
		if find(p, *in.StatementId) >= 0 {
			return conflict("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", *in.StatementId)
		}
		p.Statements = append(p.Statements, function.Statement{ID: *in.StatementId, JSON: statement})
		p.Revision = store.NewUUID()
		if len(policyText(p)) > 20<<10 {
			return invalid("The final policy size is bigger than the limit (20480).")
		}
		fn.Policies[r.Qualifier] = p
		return nil
	})
	if err != nil {
		return nil, reword(err, r)
	}
	return &lambda.AddPermissionOutput{Statement: &statement}, nil
}

// statementOf writes a statement in the words of IAM.
func statementOf(r function.Reference, in *lambda.AddPermissionInput) string {
	type conditions map[string]map[string]string
	doc := struct {
		Sid       string
		Effect    string
		Principal any
		Action    string
		Resource  string
		Condition conditions `json:",omitempty"`
	}{Sid: *in.StatementId, Effect: "Allow", Action: *in.Action, Resource: r.ARN()}
	switch p := *in.Principal; {
	case p == "*":
		doc.Principal = "*"
	case strings.HasSuffix(p, ".amazonaws.com"):
		doc.Principal = map[string]string{"Service": p}
	case digits.MatchString(p):
		doc.Principal = map[string]string{"AWS": "arn:aws:iam::" + p + ":root"}
	default:
		doc.Principal = map[string]string{"AWS": p}
	}
	c := conditions{}
	add := func(operator, key string, value *string) {
		if value == nil {
			return
		}
		if c[operator] == nil {
			c[operator] = map[string]string{}
		}
		c[operator][key] = *value
	}
	add("StringEquals", "AWS:SourceAccount", in.SourceAccount)
	add("StringEquals", "aws:PrincipalOrgID", in.PrincipalOrgID)
	add("StringEquals", "lambda:EventSourceToken", in.EventSourceToken)
	add("ArnLike", "AWS:SourceArn", in.SourceArn)
	if in.FunctionUrlAuthType != "" {
		add("StringEquals", "lambda:FunctionUrlAuthType", aws.String(string(in.FunctionUrlAuthType)))
	}
	if in.InvokedViaFunctionUrl != nil {
		add("Bool", "lambda:InvokedViaFunctionUrl", aws.String(map[bool]string{true: "true", false: "false"}[*in.InvokedViaFunctionUrl]))
	}
	doc.Condition = c
	text, _ := json.Marshal(doc) // strings always encode
	return string(text)
}

func policyText(p function.Policy) string {
	var all []json.RawMessage
	for _, s := range p.Statements {
		all = append(all, json.RawMessage(s.JSON))
	}
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": all}) // made by statementOf
	return string(text)
}

func find(p function.Policy, id string) int {
	return slices.IndexFunc(p.Statements, func(s function.Statement) bool { return s.ID == id })
}

func noPolicy() error { return missing("The resource you requested does not exist.") }

// GetPolicy shows a resource policy.
func (s *Service) GetPolicy(ctx context.Context, in *lambda.GetPolicyInput) (*lambda.GetPolicyOutput, error) {
	r, _, err := s.version(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	fn, ok := s.f.Find(r.Scope, r.Name)
	if !ok {
		return nil, notFound(r)
	}
	p, ok := fn.Policies[r.Qualifier]
	if !ok {
		return nil, noPolicy()
	}
	return &lambda.GetPolicyOutput{Policy: aws.String(policyText(p)), RevisionId: &p.Revision}, nil
}

// RemovePermission removes a statement.
func (s *Service) RemovePermission(ctx context.Context, in *lambda.RemovePermissionInput) (*lambda.RemovePermissionOutput, error) {
	r, _, err := s.version(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		p, ok := fn.Policies[r.Qualifier]
		if !ok {
			return noPolicy()
		}
		if in.RevisionId != nil && *in.RevisionId != p.Revision {
			return stale()
		}
		at := find(p, aws.ToString(in.StatementId))
		if at < 0 {
			return missing("Statement %s is not found in resource policy.", aws.ToString(in.StatementId))
		}
		p.Statements = slices.Delete(p.Statements, at, at+1)
		p.Revision = store.NewUUID()
		fn.Policies[r.Qualifier] = p
		if len(p.Statements) == 0 {
			delete(fn.Policies, r.Qualifier)
		}
		return nil
	})
	return &lambda.RemovePermissionOutput{}, reword(err, r)
}
