package shimbinary

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Placed by the Makefile; without it there is only a file that keeps bin/ in
// version control.
//
//go:embed all:bin
var files embed.FS

// Extract writes the program into a directory and gives its path, or "" when
// this binary was built without it.
func Extract(dir string) (string, error) {
	data, err := files.ReadFile("bin/grue-shim")
	if err != nil {
		return "", nil
	}
	sum := sha256.Sum256(data)
	path := filepath.Join(dir, "grue-shim-"+hex.EncodeToString(sum[:8]))
	if st, err := os.Stat(path); err == nil && st.Size() == int64(len(data)) {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Written beside and renamed: a program half written must never be run.
	tmp, err := os.CreateTemp(dir, ".grue-shim-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(0o755)
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return "", fmt.Errorf("write the supervisor program: %w", err)
	}
	return path, nil
}
