package network

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// document is Dir/network.json.
type document struct {
	Bridge string       `json:"bridge"`
	CIDR   netip.Prefix `json:"cidr"`
}

// lbDocument is Dir/lbs/<id>.json.
type lbDocument struct {
	ID string     `json:"id"`
	IP netip.Addr `json:"ip"`
}

// hashOf names a data directory in 6 hex digits: bridges, links and run
// directories of different grues never meet.
func hashOf(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	sum := sha256.Sum256([]byte(dir))
	return hex.EncodeToString(sum[:3])
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$`)

// fileOf is the file name of an id; ids that are no plain names are hashed.
func fileOf(id string) string {
	if idPattern.MatchString(id) {
		return id + ".json"
	}
	sum := sha256.Sum256([]byte(id))
	return "x-" + hex.EncodeToString(sum[:16]) + ".json"
}

// writeJSON replaces path in one step, so that a crash leaves the old or the
// new content, never half of it.
func writeJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// readDir decodes every document of a directory. A file that a power failure
// emptied or cut is removed: what it described died with the machine.
func readDir[T any](dir string) (map[string]T, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string]T)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !strings.HasSuffix(e.Name(), ".json") {
			os.Remove(path)
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var v T
		if json.Unmarshal(data, &v) != nil {
			os.Remove(path)
			continue
		}
		out[e.Name()] = v
	}
	return out, nil
}
