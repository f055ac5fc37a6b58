package iam

import (
	"encoding/json"

	"github.com/grue-ecs/grue/internal/wire"
)

func malformed(why string) error { return wire.Errorf("MalformedPolicyDocument", "%s", why) }

// statement is one statement of a policy; present members are not nil.
type statement struct {
	Sid                                                               string
	Effect                                                            string
	Principal, NotPrincipal, Action, NotAction, Resource, NotResource json.RawMessage
	Condition                                                         map[string]json.RawMessage
}

// statements reads a document: an object with a Statement, alone or in a list.
func statements(document string) ([]statement, error) {
	var doc struct {
		Version   *string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return nil, malformed("This policy contains invalid Json")
	}
	if doc.Version != nil && *doc.Version != "2012-10-17" && *doc.Version != "2008-10-17" {
		return nil, malformed("The policy must contain a valid version string")
	}
	var list []statement
	if json.Unmarshal(doc.Statement, &list) == nil && list != nil {
		return list, nil
	}
	var one statement
	if len(doc.Statement) == 0 || json.Unmarshal(doc.Statement, &one) != nil {
		return nil, malformed("Syntax errors in policy.")
	}
	return []statement{one}, nil
}

func (st *statement) check() error {
	if st.Effect != "Allow" && st.Effect != "Deny" {
		return malformed("Syntax errors in policy.")
	}
	if (st.Action == nil) == (st.NotAction == nil) {
		return malformed("Policy statement must contain actions.")
	}
	return nil
}

// checkIdentityPolicy checks what is attached to roles and users: it says on
// which resources, never who.
func checkIdentityPolicy(document string) error {
	list, err := statements(document)
	if err != nil {
		return err
	}
	for _, st := range list {
		if err := st.check(); err != nil {
			return err
		}
		if st.Principal != nil || st.NotPrincipal != nil {
			return malformed("Policy document should not specify a principal.")
		}
		if (st.Resource == nil) == (st.NotResource == nil) {
			return malformed("Policy statement must contain resources.")
		}
	}
	return nil
}

// checkTrustPolicy checks who may assume a role: it says who, and no resource.
func checkTrustPolicy(document string) error {
	list, err := statements(document)
	if err != nil {
		return err
	}
	for _, st := range list {
		if err := st.check(); err != nil {
			return err
		}
		if st.Resource != nil || st.NotResource != nil {
			return malformed("Has prohibited field Resource")
		}
		if st.Principal == nil && st.NotPrincipal == nil {
			return malformed("Missing required field Principal")
		}
	}
	return nil
}
