package cli

import (
	"fmt"
	"os"
)

// socketAddr names a socket file by way of its directory's descriptor, for the
// kernel takes at most 107 characters and a data directory may be deep. done
// ends the use of the name.
func socketAddr(dir, name string) (addr string, done func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name), func() { d.Close() }, nil
}
