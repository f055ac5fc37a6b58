//go:build !linux

package doctor

import "syscall"

func diskOf(path string) (Disk, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return Disk{}, err
	}
	return Disk{Free: uint64(s.Bavail) * uint64(s.Bsize), Inodes: uint64(s.Ffree)}, nil
}

func fileLimits() (soft, hard uint64) {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0, 0
	}
	return l.Cur, l.Max
}

func synced() (is, known bool) { return false, false }

func routes() ([]Route, error) { return nil, nil }
