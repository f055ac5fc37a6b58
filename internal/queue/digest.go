package queue

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// Digest is the MD5 of a body, in hex.
func Digest(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// AttributesDigest is AWS's MD5OfMessageAttributes: over the attributes in order
// of their names, each as length and text of name and type, a byte that tells text
// (1) from bytes (2), length and value. It is "" for none.
func AttributesDigest(attributes map[string]Attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var b []byte
	add := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		add(name)
		add(a.Type)
		if a.base() == "Binary" {
			b = append(b, 2)
			add(string(a.Bytes))
		} else {
			b = append(b, 1)
			add(a.Text)
		}
	}
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}
