package sim

import "testing"

// FuzzParse: a script that reads is written back as it was meant.
func FuzzParse(f *testing.F) {
	for i := range 20 {
		f.Add(Generate(uint64(i)).String())
	}
	f.Add("at 1s update\nat x")
	f.Fuzz(func(t *testing.T, script string) {
		sc, err := Parse(script)
		if err != nil {
			return
		}
		back, err := Parse(sc.String())
		if err != nil || back.String() != sc.String() {
			t.Fatalf("%v\n%s\n%s", err, sc, back)
		}
	})
}
