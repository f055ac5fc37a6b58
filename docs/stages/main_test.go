package main

import (
	"os"
	"testing"
)

func TestPicturesAreDrawn(t *testing.T) {
	for _, p := range plans() {
		if drawn, err := os.ReadFile("../" + p.file); err != nil || string(drawn) != p.draw() {
			t.Errorf("%s is not what is drawn today: go generate ./docs (%v)", p.file, err)
		}
	}
}
