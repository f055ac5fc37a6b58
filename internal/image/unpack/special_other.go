//go:build !linux

package unpack

import (
	"archive/tar"
	"errors"
	"io/fs"
	"os"
)

// errLinux: only Linux has overlayfs; elsewhere the docker driver runs tasks and
// the Docker Engine unpacks.
var errLinux = errors.New("layers are unpacked on Linux only")

const syncEach = 16

func (w *writer) openDir(string) (*os.File, error)         { return nil, errLinux }
func (w *writer) makeWhiteout(string) error                { return errLinux }
func isWhiteout(fs.FileInfo) bool                          { return false }
func (w *writer) setOpaque(string) error                   { return errLinux }
func (w *writer) fifo(string, *tar.Header) error           { return errLinux }
func (w *writer) linkAttributes(string, *tar.Header) error { return errLinux }
func attributes(*os.File, *tar.Header) error               { return errLinux }
func (w *writer) sync(string) error                        { return errLinux }
func diskError(error) bool                                 { return false }
