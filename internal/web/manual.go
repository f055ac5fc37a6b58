package web

import (
	"net/http"
	"sync"

	"github.com/grue-ecs/grue/docs"
	"github.com/grue-ecs/grue/internal/web/handbook"
)

// manual is the handbook, rendered when it is asked for first.
var manual = sync.OnceValues(func() (*handbook.Book, error) { return handbook.New(docs.Files) })

// handbookPage answers GET /ui/docs and below.
func handbookPage(s *Site, w http.ResponseWriter, r *http.Request, _ *Session) {
	book, err := manual()
	if err != nil {
		s.fail(w, err)
		return
	}
	book.ServeHTTP(w, r)
}
