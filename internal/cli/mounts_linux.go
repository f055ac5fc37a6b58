package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// noMounts answers an error when anything is mounted at or below dir.
func noMounts(dir string) error {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	defer f.Close()
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		col := strings.Fields(lines.Text())
		if len(col) < 5 {
			continue
		}
		if at := unescape.Replace(col[4]); at == dir || strings.HasPrefix(at, dir+"/") {
			return fmt.Errorf("%s is still mounted; unmount it with 'umount %s' and try again", at, at)
		}
	}
	return lines.Err()
}
