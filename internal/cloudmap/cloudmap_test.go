package cloudmap

import (
	"errors"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

var home = arn.Scope{Account: "000000000000", Region: "us-east-1"}

func open(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func update(t *testing.T, st *store.Store, fn func(tx *store.Tx)) {
	t.Helper()
	if err := st.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

// Operations are bounded: the oldest go first.
func TestOperationsAreBounded(t *testing.T) {
	st := open(t)
	update(t, st, func(tx *store.Tx) {
		var first, last string
		at := time.Now()
		for i := range maxOperations + 10 {
			last = AddOperation(tx, &Operation{Scope: home, Type: RegisterInstanceOp}, at.Add(time.Duration(i)*time.Millisecond))
			if i == 0 {
				first = last
			}
		}
		if !regexp.MustCompile(`^[0-9a-z]{32}-[0-9a-z]{8}$`).MatchString(last) {
			t.Errorf("id %s", last)
		}
		if _, ok := GetOperation(tx, home, first); ok {
			t.Error("the oldest one is kept")
		}
		if _, ok := GetOperation(tx, home, last); !ok || operations.Len(tx) != maxOperations {
			t.Errorf("%d operations, the newest is there: %t", operations.Len(tx), ok)
		}
	})
}

// Instances belong to services that exist, and what they were registered with
// again changes nothing.
func TestRegisterAgain(t *testing.T) {
	st := open(t)
	update(t, st, func(tx *store.Tx) {
		n, err := CreateHTTPNamespace(tx, home, "prod", "", nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		s, err := CreateService(tx, Service{Scope: home, NamespaceID: n.ARN(), Name: "api", CustomHealth: true})
		if err != nil {
			t.Fatal(err)
		}
		i := Instance{ID: "i", Attributes: map[string]string{"k": "v"}}
		for range 2 {
			if err := Register(tx, s, i); err != nil {
				t.Error(err)
			}
		}
		if Revision(tx, s.ID) != 1 {
			t.Errorf("revision %d after one instance", Revision(tx, s.ID))
		}
		if err := SetHealth(tx, s, "i", false); err != nil {
			t.Error(err)
		}
		i.Attributes = map[string]string{"k": "w"}
		if err := Register(tx, s, i); err != nil {
			t.Error(err)
		}
		if got, _ := GetInstance(tx, s.ID, "i"); got.Health != Unhealthy || got.Attributes["k"] != "w" {
			t.Errorf("a changed instance: %+v", got)
		}
		var used *InUseError
		if err := DeleteService(tx, s); !errors.As(err, &used) || used.Count != 1 {
			t.Errorf("a service with an instance: %v", err)
		}
		if err := Deregister(tx, s, "i"); err != nil {
			t.Error(err)
		}
		if err := DeleteService(tx, s); err != nil {
			t.Error(err)
		}
		if err := Register(tx, s, i); !errors.Is(err, ErrNoService) {
			t.Errorf("an instance of a deleted service: %v", err)
		}
	})
}

// Names, ids and ARNs lead to a namespace; those of other accounts do not.
func TestFindNamespace(t *testing.T) {
	st := open(t)
	update(t, st, func(tx *store.Tx) {
		n, err := CreateHTTPNamespace(tx, home, "prod", "", nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"prod", n.ID, n.ARN()} {
			if got, ok := FindNamespace(tx, home, key); !ok || got.ID != n.ID {
				t.Errorf("%s: %v", key, got)
			}
		}
		other := arn.Scope{Account: "111111111111", Region: home.Region}
		for _, key := range []string{"prod", n.ID, n.ARN()} {
			if got, ok := FindNamespace(tx, other, key); ok {
				t.Errorf("%s of another account: %v", key, got)
			}
		}
		var exists *ExistsError
		if _, err := CreateHTTPNamespace(tx, home, "prod", "", nil, time.Now()); !errors.As(err, &exists) || exists.ID != n.ID {
			t.Errorf("a taken name: %v", err)
		}
	})
}
