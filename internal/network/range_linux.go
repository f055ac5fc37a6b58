package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// chooseRange gives the /18 of this data directory: the one it had, or the
// first candidate that collides with nothing. Claims under the run directory
// keep two grues that start together from choosing the same one.
func (n *Network) chooseRange() (netip.Prefix, error) {
	guard, err := n.guardClaims()
	if err != nil {
		return netip.Prefix{}, err
	}
	defer guard.Close()
	foreign, grues, err := taken(n.opts.Name)
	if err != nil {
		return netip.Prefix{}, err
	}
	var doc document
	if data, err := os.ReadFile(n.docPath()); err == nil {
		_ = json.Unmarshal(data, &doc) // a cut file means: choose anew
	}
	if doc.CIDR.IsValid() && doc.CIDR.Bits() == rangeBits {
		if n.claim(doc.CIDR) == nil && (!collides(doc.CIDR, foreign, grues) || bridgeExists(n.opts.Name)) {
			return doc.CIDR, nil
		}
		n.unclaim(doc.CIDR)
		n.log.Warn("the address range of this data directory is now used by something else on this machine; choosing another",
			"cidr", doc.CIDR)
	}
	for _, c := range candidates(n.opts.Pool, n.opts.Dir) {
		if collides(c, foreign, grues) || n.claim(c) != nil {
			continue
		}
		return c, writeJSON(n.docPath(), document{Bridge: n.opts.Name, CIDR: c})
	}
	return netip.Prefix{}, ErrNoRange
}

func (n *Network) docPath() string { return filepath.Join(n.opts.Dir, "network.json") }

// guardClaims serialises all grues of the machine for a moment.
func (n *Network) guardClaims() (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(n.claimDir(), ".guard"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (n *Network) claimPath(c netip.Prefix) string {
	return filepath.Join(n.claimDir(), strings.ReplaceAll(c.String(), "/", "_"))
}

// claim notes that a range is ours. A claim of a data directory that no longer
// exists, or that has moved to another range, counts for nothing.
func (n *Network) claim(c netip.Prefix) error {
	holder, err := os.ReadFile(n.claimPath(c))
	if err == nil && string(holder) != n.opts.Dir && holds(string(holder), c) {
		return fmt.Errorf("range %s is held by the grue in %s", c, holder)
	}
	return os.WriteFile(n.claimPath(c), []byte(n.opts.Dir), 0o600)
}

func holds(dir string, c netip.Prefix) bool {
	data, err := os.ReadFile(filepath.Join(dir, "network.json"))
	var doc document
	return err == nil && json.Unmarshal(data, &doc) == nil && doc.CIDR == c
}

func (n *Network) unclaim(c netip.Prefix) {
	if holder, err := os.ReadFile(n.claimPath(c)); err == nil && string(holder) == n.opts.Dir {
		os.Remove(n.claimPath(c))
	}
}
