package servicediscovery

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// asks is what a request asks for, to tell a repeated one from another.
func asks(parts ...any) string {
	doc, _ := json.Marshal(parts) // strings, numbers, tags
	return string(doc)
}

// repeated finds the operation of an earlier request with the same
// CreatorRequestId. If that one asked for something else the error is
// DuplicateRequest.
func repeated(tx *store.Tx, scope arn.Scope, kind, request, asked string) (string, error) {
	if request == "" {
		return "", nil
	}
	for _, o := range cloudmap.Operations(tx, scope) {
		switch {
		case o.Type != kind || o.Request != request:
		case o.Asked == asked && stands(tx, o):
			return o.ID, nil
		case o.Asked != asked:
			e := wire.Errorf("DuplicateRequest", "The CreatorRequestId %s belongs to operation %s, which asked for something else: use another one.", request, o.ID)
			e.Fields = map[string]any{"DuplicateOperationId": o.ID}
			return "", e
		}
	}
	return "", nil
}

// stands tells whether what an operation made still exists.
func stands(tx *store.Tx, o *cloudmap.Operation) bool {
	if id := o.Targets["INSTANCE"]; id != "" {
		_, ok := cloudmap.GetInstance(tx, o.Targets["SERVICE"], id)
		return ok
	}
	_, ok := cloudmap.NamespaceByID(tx, o.Scope, o.NamespaceID)
	return ok || o.Code != ""
}

// done writes an operation that succeeded. targets are pairs of kind and id.
func (s *Service) done(tx *store.Tx, scope arn.Scope, kind, namespaceID string, targets ...string) *string {
	o := &cloudmap.Operation{Scope: scope, Type: kind, NamespaceID: namespaceID, Targets: map[string]string{}}
	for i := 0; i < len(targets); i += 2 {
		o.Targets[targets[i]] = targets[i+1]
	}
	return aws.String(cloudmap.AddOperation(tx, o, s.now()))
}

// GetOperation shows an operation.
func (s *Service) GetOperation(ctx context.Context, in *servicediscovery.GetOperationInput) (*servicediscovery.GetOperationOutput, error) {
	id, err := required("OperationId", in.OperationId, 255)
	if err != nil {
		return nil, err
	}
	out := &servicediscovery.GetOperationOutput{}
	err = s.view(func(tx *store.Tx) error {
		o, ok := cloudmap.GetOperation(tx, scopeOf(ctx), id)
		if !ok {
			return wire.Errorf("OperationNotFound", "No operation %s exists in this account and region.", id)
		}
		out.Operation = &types.Operation{
			Id: aws.String(o.ID), Type: types.OperationType(o.Type), Status: types.OperationStatus(statusOf(o)), Targets: o.Targets,
			CreateDate: aws.Time(o.Created), UpdateDate: aws.Time(o.Created), ErrorCode: text(o.Code), ErrorMessage: text(o.Message),
			OwnerAccount: aws.String(o.Account),
		}
		return nil
	})
	return out, err
}

func statusOf(o *cloudmap.Operation) string {
	if o.Code != "" {
		return "FAIL"
	}
	return "SUCCESS"
}

// ListOperations lists the operations that all filters let through, the oldest
// first. About the last five thousand are known.
func (s *Service) ListOperations(ctx context.Context, in *servicediscovery.ListOperationsInput) (*servicediscovery.ListOperationsOutput, error) {
	var filters []filter
	var within []func(time.Time) bool
	for _, f := range in.Filters {
		if f.Name == types.OperationFilterNameUpdateDate {
			between, err := period(f)
			if err != nil {
				return nil, err
			}
			within = append(within, between)
			continue
		}
		if f.Name == types.OperationFilterNameStatus { // AWS's model and its prose differ
			f.Values = slices.Clone(f.Values)
			for i, v := range f.Values {
				if v == "SUCCEED" {
					f.Values[i] = "SUCCESS"
				}
			}
		}
		filters = append(filters, filter{string(f.Name), string(f.Condition), f.Values})
	}
	keep, err := compile(filters, map[string]field[*cloudmap.Operation]{
		"NAMESPACE_ID": {[]string{"EQ"}, func(o *cloudmap.Operation) string { return o.NamespaceID }},
		"SERVICE_ID":   {[]string{"EQ"}, func(o *cloudmap.Operation) string { return o.Targets["SERVICE"] }},
		"STATUS":       {[]string{"EQ", "IN"}, statusOf},
		"TYPE":         {[]string{"EQ", "IN"}, func(o *cloudmap.Operation) string { return o.Type }},
	})
	if err != nil {
		return nil, err
	}
	out := &servicediscovery.ListOperationsOutput{Operations: []types.OperationSummary{}}
	err = s.view(func(tx *store.Tx) error {
		all := func(o *cloudmap.Operation) bool {
			return keep(o) && !slices.ContainsFunc(within, func(in func(time.Time) bool) bool { return !in(o.Created) })
		}
		page, next, err := list(cloudmap.Operations(tx, scopeOf(ctx)), all, (*cloudmap.Operation).Order, in.NextToken, in.MaxResults)
		for _, o := range page {
			out.Operations = append(out.Operations, types.OperationSummary{Id: aws.String(o.ID), Status: types.OperationStatus(statusOf(o))})
		}
		out.NextToken = next
		return err
	})
	return out, err
}

// period reads an UPDATE_DATE filter: two times in seconds.
func period(f types.OperationFilter) (func(time.Time) bool, error) {
	if f.Condition != types.FilterConditionBetween || len(f.Values) != 2 {
		return nil, invalid("The filter UPDATE_DATE takes the condition BETWEEN and two values: start and end.")
	}
	var ends [2]float64
	for i, v := range f.Values {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return nil, invalid("The filter UPDATE_DATE takes times in seconds since 1970; %q is none.", v)
		}
		ends[i] = n
	}
	return func(t time.Time) bool {
		at := float64(t.UnixMilli()) / 1000
		return at >= ends[0] && at <= ends[1]
	}, nil
}
