package function

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Limits of AWS: the zip in a request, and what it unpacks to.
const (
	MaxZip      = 50 << 20
	MaxUnzipped = 250 << 20
	maxFiles    = 50_000
)

// CodeError is code that cannot be used; it says why to a person.
type CodeError string

func (e CodeError) Error() string { return string(e) }

// unzip unpacks doc below dir. os.Root keeps every path and link inside; the
// sizes are those that come out, whatever the zip's directory says.
func unzip(doc []byte, dir string) error {
	z, err := zip.NewReader(bytes.NewReader(doc), int64(len(doc)))
	if err != nil {
		return CodeError("Could not unzip uploaded file. Please check your file, then try to upload again.")
	}
	if len(z.File) > maxFiles {
		return CodeError(fmt.Sprintf("The zip file has more than %d entries.", maxFiles))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	left := int64(MaxUnzipped)
	for _, f := range z.File {
		name := path.Clean(strings.ReplaceAll(f.Name, `\`, "/"))
		if name == "." || name == "/" {
			continue
		}
		if !fs.ValidPath(name) {
			return CodeError(fmt.Sprintf("The zip file has an entry outside of its own folder: %q.", f.Name))
		}
		n, err := unzipFile(root, f, name, left)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func unzipFile(root *os.Root, f *zip.File, name string, left int64) (int64, error) {
	refuse := func(err error) error { return CodeError(fmt.Sprintf("The entry %q of the zip file: %v.", f.Name, err)) }
	if f.FileInfo().IsDir() || strings.HasSuffix(f.Name, "/") {
		if err := root.MkdirAll(name, 0o755); err != nil {
			return 0, refuse(err)
		}
		return 0, nil
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return 0, refuse(err)
	}
	r, err := f.Open()
	if err != nil {
		return 0, refuse(err)
	}
	defer r.Close()
	switch mode := f.Mode(); {
	case mode&fs.ModeSymlink != 0:
		target, err := io.ReadAll(io.LimitReader(r, 4096))
		if err == nil {
			err = root.Symlink(string(target), name)
		}
		if err != nil {
			return 0, refuse(err)
		}
		return int64(len(target)), nil
	case !mode.IsRegular():
		return 0, refuse(fmt.Errorf("it is a %v, only files, folders and symbolic links may be there", mode.Type()))
	}
	// Zips of systems without permissions say 0; then everybody may read.
	perm := f.Mode().Perm() | 0o644
	w, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, perm)
	if err != nil {
		return 0, refuse(err)
	}
	n, err := io.Copy(w, io.LimitReader(r, left+1))
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, refuse(err)
	}
	if n > left {
		return 0, CodeError(fmt.Sprintf("Unzipped size must be smaller than %d bytes", MaxUnzipped))
	}
	return n, nil
}
