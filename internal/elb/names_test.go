package elb

import (
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// Names of Cloud Map are in the table that WaitApplied waits for, and every change
// of their instances makes a new one.
func TestNamesInTable(t *testing.T) {
	w := newWorld(t)
	before := w.applied()
	if before.Zones != nil || before.Records != nil {
		t.Errorf("without namespaces: %+v %+v", before.Zones, before.Records)
	}
	var s *cloudmap.Service
	w.update(func(tx *store.Tx) error {
		n := &cloudmap.Namespace{Scope: scope, Name: "Prod.local", Type: cloudmap.DNSPrivate, Created: time.Now()}
		if err := cloudmap.CreateNamespace(tx, n); err != nil {
			return err
		}
		var err error
		s, err = cloudmap.CreateService(tx, cloudmap.Service{
			Scope: scope, NamespaceID: n.ID, Name: "API", Policy: cloudmap.Weighted, CustomHealth: true, Records: []cloudmap.Record{{Type: "A", TTL: 60}},
		})
		return err
	})
	for _, c := range []struct {
		what   string
		change func(tx *store.Tx) error
		want   []route.Host
	}{
		{"registered", func(tx *store.Tx) error {
			return cloudmap.Register(tx, s, cloudmap.Instance{ID: "I1", Attributes: map[string]string{cloudmap.IPv4: "10.0.0.1", cloudmap.Port: "80"}})
		}, []route.Host{{ID: "i1", IPv4: "10.0.0.1", Port: 80}}},
		{"sick", func(tx *store.Tx) error { return cloudmap.SetHealth(tx, s, "I1", false) }, []route.Host{{ID: "i1", IPv4: "10.0.0.1", Port: 80, Sick: true}}},
		{"gone", func(tx *store.Tx) error { return cloudmap.Deregister(tx, s, "I1") }, nil},
	} {
		version := w.applied().Version
		w.update(c.change)
		now := w.applied()
		got := now.Records["api.prod.local"]
		if now.Version != version+1 || got == nil || !got.Weighted || got.TTL["A"] != 60 || len(got.Hosts) != len(c.want) || len(c.want) > 0 && got.Hosts[0] != c.want[0] {
			t.Errorf("%s: version %d after %d, %+v", c.what, now.Version, version, got)
		}
	}
	version := w.applied().Version
	w.update(func(tx *store.Tx) error {
		_ = cloudmap.SetHealth(tx, s, "I1", true) // there is none
		return nil
	})
	if now := w.applied().Version; now != version {
		t.Errorf("nothing changed, but version %d follows %d", now, version)
	}
}

// Of two zones of one name the private one is served, then the older one.
func TestZonesOfOneName(t *testing.T) {
	w := newWorld(t)
	at := time.Now()
	w.update(func(tx *store.Tx) error {
		for i, kind := range []string{cloudmap.DNSPublic, cloudmap.DNSPrivate} {
			n := &cloudmap.Namespace{Scope: scope, Name: "example.com", Type: kind, SOATTL: int64(10 + i), Created: at.Add(time.Duration(i) * time.Second)}
			if err := cloudmap.CreateNamespace(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if z := w.applied().Zones; len(z) != 1 || z[0].SOATTL != 11 {
		t.Errorf("zones %+v", z)
	}
}

// Parts add to every table, and Touch has a new one made.
func TestParts(t *testing.T) {
	w := newWorld(t)
	port := "10.0.0.1:80"
	w.close()
	w.start(func(o *Options) {
		o.Parts = append(o.Parts, func(_ *store.Tx, table *route.Table) {
			table.Listeners = append(table.Listeners, route.Listener{ARN: "part", Address: port})
		})
	})
	has := func(address string) bool {
		for _, l := range w.applied().Listeners {
			if l.ARN == "part" && l.Address == address {
				return true
			}
		}
		return false
	}
	if !has(port) {
		t.Error("the part is missing")
	}
	version := w.applied().Version
	w.update(func(tx *store.Tx) error { Touch(tx); return nil })
	if now := w.applied(); now.Version != version+1 || !has(port) {
		t.Errorf("version %d after %d", now.Version, version)
	}
}
