package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
)

// Destroy removes everything that a Network of these options ever made, also
// when its state files are missing: names follow from the directory alone.
// Tasks must have been stopped before.
func Destroy(opts Options) error {
	opts = withDefaults(opts)
	n := &Network{opts: opts, hash: hashOf(opts.Dir), log: opts.Log}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var doc document
	if data, err := os.ReadFile(n.docPath()); err == nil {
		_ = json.Unmarshal(data, &doc)
	}
	note(sweepNetns(n.netnsDir(), owned{}))
	note(removeLinks(n.hash))
	note(delLink(opts.Name))
	if !opts.NoFilter && os.Geteuid() == 0 {
		f := filter{bridge: opts.Name, hash: n.hash, info: infoFor(opts.Name, rangeOr(doc.CIDR))}
		note(f.remove())
		note(f.removeUntracked())
		note(f.removeReturn())
	}
	n.dropClaims()
	note(os.RemoveAll(n.runDir()))
	for _, d := range []string{n.leaseDir(), n.lbDir(), n.docPath(), filepath.Join(opts.Dir, "lock")} {
		note(os.RemoveAll(d))
	}
	return opErr("destroy", errors.Join(errs...))
}

// rangeOr stands in for a range that is no longer known; rules are found by
// the names of their chains.
func rangeOr(c netip.Prefix) netip.Prefix {
	if c.IsValid() {
		return c
	}
	return netip.PrefixFrom(DefaultPool()[0].Addr(), rangeBits)
}

// Destroy closes the network and removes everything it made.
func (n *Network) Destroy() error {
	return errors.Join(n.Close(), Destroy(n.opts))
}

func removeLinks(hash string) error {
	links, err := dump(netlink.LinkList)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	for _, l := range links {
		if strings.HasPrefix(l.Attrs().Name, vethPrefix(hash)) {
			if err := delLink(l.Attrs().Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropClaims removes every claim that names our directory.
func (n *Network) dropClaims() {
	entries, _ := os.ReadDir(n.claimDir())
	for _, e := range entries {
		path := filepath.Join(n.claimDir(), e.Name())
		if holder, err := os.ReadFile(path); err == nil && string(holder) == n.opts.Dir {
			os.Remove(path)
		}
	}
}
