package doctor

import (
	"net/netip"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// kinds are file systems by their magic number.
var kinds = map[int64]string{
	unix.NFS_SUPER_MAGIC: "nfs", unix.OVERLAYFS_SUPER_MAGIC: "overlayfs", unix.TMPFS_MAGIC: "tmpfs", unix.EXT4_SUPER_MAGIC: "ext4",
	unix.BTRFS_SUPER_MAGIC: "btrfs", unix.XFS_SUPER_MAGIC: "xfs", 0x2fc12fc1: "zfs", unix.V9FS_MAGIC: "9p", 0xff534d42: "cifs", 0x65735546: "fuse",
}

// diskOf looks at the file system that a path is, or will be, on.
func diskOf(path string) (Disk, error) {
	var s unix.Statfs_t
	for {
		err := unix.Statfs(path, &s)
		if err == nil {
			break
		}
		if !os.IsNotExist(err) || path == "/" || path == "." {
			return Disk{}, err
		}
		path = filepath.Dir(path)
	}
	d := Disk{Free: s.Bavail * uint64(s.Bsize), Inodes: s.Ffree, Kind: kinds[int64(s.Type)]}
	if s.Files == 0 { // btrfs and others make them as they need them
		d.Inodes = ^uint64(0)
	}
	return d, nil
}

func fileLimits() (soft, hard uint64) {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 0, 0
	}
	return l.Cur, l.Max
}

// synced asks the kernel whether something keeps its clock right.
func synced() (is, known bool) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return false, false
	}
	return t.Status&unix.STA_UNSYNC == 0, true
}

func routes() ([]Route, error) {
	list, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return nil, err
	}
	var out []Route
	for _, r := range list {
		if r.Dst == nil {
			continue
		}
		addr, ok := netip.AddrFromSlice(r.Dst.IP.To4())
		bits, _ := r.Dst.Mask.Size()
		if !ok || bits == 0 {
			continue
		}
		device := ""
		if l, err := netlink.LinkByIndex(r.LinkIndex); err == nil {
			device = l.Attrs().Name
		}
		out = append(out, Route{netip.PrefixFrom(addr, bits), device})
	}
	return out, nil
}
