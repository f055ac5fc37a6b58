//go:build linux

package bundle

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// maxUserFile bounds how much of an image's passwd and group is read.
const maxUserFile = 1 << 20

// user resolves "name", "uid", "name:group", "uid:gid" in the image's own
// /etc/passwd and /etc/group. A number needs no entry, a name does.
func user(root, want string) (specs.User, string, error) {
	name, group, hasGroup := strings.Cut(want, ":")
	if name == "" {
		name = "0"
	}
	u := specs.User{}
	login, home, found := name, "/", false
	uid, numeric := number(name)
	eachLine(root, "etc/passwd", func(f []string) bool {
		if len(f) < 6 || f[0] != name && !(numeric && f[2] == name) {
			return true
		}
		id, ok1 := number(f[2])
		gid, ok2 := number(f[3])
		if !ok1 || !ok2 {
			return true
		}
		u.UID, u.GID, login, home, found = id, gid, f[0], f[5], true
		return false
	})
	if !found {
		if !numeric {
			return u, "", fmt.Errorf("unable to find user %s: no matching entries in passwd file", name)
		}
		u.UID = uid
	}
	if home == "" {
		home = "/"
	}
	if !hasGroup || group == "" {
		u.AdditionalGids = groupsOf(root, login, u.GID)
		return u, home, nil
	}
	gid, err := groupID(root, group)
	if err != nil {
		return u, "", err
	}
	u.GID = gid
	return u, home, nil
}

func groupID(root, group string) (uint32, error) {
	gid, numeric := number(group)
	found := numeric
	eachLine(root, "etc/group", func(f []string) bool {
		if len(f) < 3 || f[0] != group {
			return true
		}
		if id, ok := number(f[2]); ok {
			gid, found = id, true
		}
		return false
	})
	if !found {
		return 0, fmt.Errorf("unable to find group %s: no matching entries in group file", group)
	}
	return gid, nil
}

// groupsOf lists the groups that name a user as member, as a login would.
func groupsOf(root, login string, primary uint32) (out []uint32) {
	eachLine(root, "etc/group", func(f []string) bool {
		if len(f) < 4 {
			return true
		}
		gid, ok := number(f[2])
		if !ok || gid == primary {
			return true
		}
		for _, m := range strings.Split(f[3], ",") {
			if m == login {
				out = append(out, gid)
				break
			}
		}
		return true
	})
	return out
}

func number(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return uint32(n), err == nil
}

// eachLine gives the colon-separated fields of each line until fn says stop.
func eachLine(root, name string, fn func([]string) bool) {
	f, err := openIn(root, name, unix.O_RDONLY)
	if err != nil {
		return
	}
	defer f.Close()
	for s := bufio.NewScanner(io.LimitReader(f, maxUserFile)); s.Scan(); {
		if !fn(strings.Split(strings.TrimSpace(s.Text()), ":")) {
			return
		}
	}
}
