// Package unpack writes one layer of an image as a directory for overlayfs.
//
//	layer (gzip, zstd or plain) ─► decompress ─► tar entries ─► os.Root ─► DIR
//	                                   └─► SHA-256 = the layer's diff ID
//
// A layer comes from a stranger. Every name is resolved inside an os.Root, so no
// "..", absolute link or symbolic link leads out of DIR; a name with ".." and a
// parent that leaves the image are refused. Size and number of entries are
// limited. Devices are not made: the runtime gives containers their own /dev.
//
// Whiteouts become what overlayfs understands: ".wh.name" a character device
// 0:0, ".wh..wh..opq" the attribute trusted.overlay.opaque. Attributes that
// steer overlayfs are never taken from the layer itself.
//
// Owner, mode with set-user-id, times, symbolic and hard links and the
// attributes user.*, security.capability and system.posix_acl_* are kept.
// Layer returns once everything is on disk; after an error DIR holds a part of
// the layer and is to be removed.
//
// Files: layer.go (the loop), entry.go (one entry), name.go (names), whiteout.go,
// stream.go (decompression, digest, limits), special_linux.go (what os.Root lacks).
package unpack
