package function

import (
	"context"
	"testing"
)

// BenchmarkWarm is an invocation of a warm environment of a Go program.
func BenchmarkWarm(b *testing.B) {
	w := newWorld(b, nil)
	w.create("f", bootstrap, nil)
	w.echo("f", `{}`)
	for b.Loop() {
		w.echo("f", `{}`)
	}
}

// BenchmarkCold is the first invocation of a new environment of a Go program.
func BenchmarkCold(b *testing.B) {
	w := newWorld(b, nil)
	w.create("f", bootstrap, nil)
	for b.Loop() {
		if _, err := w.f.Call(context.Background(), Request{Reference: Reference{Scope: scope, Name: "f"}, Payload: []byte(`{"Do":"exit"}`)}); err != nil {
			b.Fatal(err)
		}
	}
}
