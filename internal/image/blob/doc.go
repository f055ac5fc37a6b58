// Package blob is a directory of files named by their SHA-256 digest.
//
//	DIR/sha256/<64 hex digits>   complete, verified, on disk
//	DIR/tmp/<random>             being written; emptied by Open
//
// A file appears under its digest only when all its bytes are on disk and hash
// to that digest: it is written to tmp, synced, verified and renamed, and then
// the directory is synced. After a crash or a power cut there is no half file.
//
// Who refers to a blob is the business of the packages above: internal/image
// (manifests and configurations of pulled images) and internal/image/registry.
package blob
