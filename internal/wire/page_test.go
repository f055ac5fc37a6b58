package wire

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func self(s string) string { return s }

// pages walks all pages with cut and returns what they held.
func pages(t *testing.T, cut func(token *string) ([]string, *string, error)) (all [][]string) {
	t.Helper()
	var token *string
	for range 100 {
		page, next, err := cut(token)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page)
		if next == nil {
			return all
		}
		token = next
	}
	t.Fatal("the pages do not end")
	return nil
}

func TestPage(t *testing.T) {
	items := []string{"a", "b", "c", "d", "e"}
	for _, tt := range []struct{ max, deflt, limit, pages int }{{2, 10, 100, 3}, {5, 1, 100, 1}, {0, 2, 100, 3}, {0, 0, 0, 1}, {100, 10, 100, 1}} {
		for name, cut := range map[string]func(*string) ([]string, *string, error){
			"Page": func(tok *string) ([]string, *string, error) { return Page(items, tok, tt.max, tt.deflt, tt.limit) },
			"PageBy": func(tok *string) ([]string, *string, error) {
				return PageBy(items, self, tok, tt.max, tt.deflt, tt.limit)
			},
		} {
			got := pages(t, cut)
			if len(got) != tt.pages || !slices.Equal(slices.Concat(got...), items) {
				t.Errorf("%s %+v: %v", name, tt, got)
			}
		}
	}
	if page, next, err := Page([]string(nil), nil, 0, 0, 0); len(page) != 0 || next != nil || err != nil {
		t.Errorf("nothing: %v %v %v", page, next, err)
	}
}

func TestPageByIsStable(t *testing.T) {
	items := []string{"a", "b", "c", "d"}
	_, next, err := PageBy(items, self, nil, 2, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	// a and b went, aa came: neither moves what follows.
	page, _, err := PageBy([]string{"aa", "c", "d"}, self, next, 2, 2, 0)
	if err != nil || !slices.Equal(page, []string{"c", "d"}) {
		t.Errorf("page %v, %v", page, err)
	}
}

func TestPageRefuses(t *testing.T) {
	items := []string{"a", "b"}
	tests := []struct {
		token *string
		max   int
	}{
		{nil, -1}, {nil, 11}, {aws.String("x"), 1}, {aws.String("!"), 1}, {sealToken("k", "a"), 1}, {sealToken("n", "-1"), 1}, {sealToken("n", "x"), 1},
	}
	for _, tt := range tests {
		_, _, err := Page(items, tt.token, tt.max, 1, 10)
		var e *Error
		if !errors.As(err, &e) || e.Code != "InvalidParameterException" {
			t.Errorf("%v %d: %v", tt.token, tt.max, err)
		}
		if !errors.As(Recode(err, "ValidationError"), &e) || e.Code != "ValidationError" {
			t.Errorf("recoded: %v", err)
		}
	}
	if err := Recode(nil, "x"); err != nil {
		t.Error(err)
	}
}
