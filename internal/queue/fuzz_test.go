package queue

import "testing"

// A handle that is read is the one that its receipt writes; nothing panics.
func FuzzReceipt(f *testing.F) {
	f.Add(receipt{"0123456789abcdef", 1 << 40, 7}.handle())
	f.Add("")
	f.Add("AQ==")
	f.Fuzz(func(t *testing.T, handle string) {
		if r, ok := parseReceipt(handle); ok && r.handle() != handle {
			t.Errorf("%q is read as %+v, which is written %q", handle, r, r.handle())
		}
	})
}

// Policies that are read keep AWS's bounds.
func FuzzPolicies(f *testing.F) {
	f.Add(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:d","maxReceiveCount":"3"}`)
	f.Add(`{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:q"]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		if p, err := parseRedrive(doc); err == nil && (p.Target == "" || p.Max < 1 || p.Max > maxReceives) {
			t.Errorf("%q: %+v", doc, p)
		}
		if p, err := parseAllow(doc); err == nil && len(p.Sources) > 10 {
			t.Errorf("%q: %+v", doc, p)
		}
	})
}

// Clean makes every text one that a message can hold.
func FuzzClean(f *testing.F) {
	f.Add("a\x00\xff\uffff")
	f.Fuzz(func(t *testing.T, s string) {
		if c := Clean(s); !goodText(c) || goodText(s) && c != s {
			t.Errorf("%q becomes %q", s, c)
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add("0123456789abcdef", uint64(7))
	f.Add("a/b", uint64(0))
	f.Fuzz(func(t *testing.T, id string, n uint64) {
		_, _, _ = parseKey(id)
		if len(id) != 16 || !nameRule.MatchString(id) {
			return
		}
		if gotID, got, ok := parseKey(key(id, n)); !ok || gotID != id || got != n {
			t.Errorf("%s %d: %s %d %v", id, n, gotID, got, ok)
		}
	})
}
