package elbv2

import (
	"testing"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

func TestBoto3(t *testing.T) {
	w := newWorld(t, Options{})
	python(t, "life.py", w.serve())
	if n := len(w.plane.table().Listeners); n != 0 {
		t.Errorf("the proxy still has %d listeners", n)
	}
}

func TestBoto3Network(t *testing.T) {
	w := newWorld(t, Options{})
	const certificate = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012"
	if err := w.st.Update(func(tx *store.Tx) error {
		elb.PutCertificate(tx, &elb.Certificate{ARN: certificate, Domain: "example.com"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	python(t, "network.py", w.serve(), certificate)
	if table := w.plane.table(); len(table.Listeners)+len(table.Groups) != 0 {
		t.Errorf("the proxy still has %d listeners and %d groups", len(table.Listeners), len(table.Groups))
	}
}

func TestBoto3Errors(t *testing.T) {
	w := newWorld(t, Options{})
	python(t, "errors.py", w.serve())
}
