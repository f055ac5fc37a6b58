package web

import (
	"net/http"
	"testing"
)

// Patterns that contradict each other panic.
func TestRoutesDoNotConflict(t *testing.T) {
	assets, err := loadAssets(embedded)
	if err != nil {
		t.Fatal(err)
	}
	(&Site{assets: assets}).route(http.NewServeMux())
}
