//go:build !linux

package network

import "net/netip"

// Network is available on Linux only; New answers ErrUnsupported elsewhere.
type Network struct{}

// New answers ErrUnsupported.
func New(Options) (*Network, error) { return nil, ErrUnsupported }

// Destroy has nothing to remove outside Linux.
func Destroy(Options) error { return nil }

// Info is empty outside Linux.
func (*Network) Info() Info { return Info{} }

// AllocTask answers ErrUnsupported.
func (*Network) AllocTask(string, int) (Lease, error) { return Lease{}, ErrUnsupported }

// FreeTask answers ErrUnsupported.
func (*Network) FreeTask(string) error { return ErrUnsupported }

// Task finds nothing outside Linux.
func (*Network) Task(string) (Lease, bool) { return Lease{}, false }

// Leases is empty outside Linux.
func (*Network) Leases() []Lease { return nil }

// AllocLB answers ErrUnsupported.
func (*Network) AllocLB(string) (netip.Addr, error) { return netip.Addr{}, ErrUnsupported }

// FreeLB answers ErrUnsupported.
func (*Network) FreeLB(string) error { return ErrUnsupported }

// Restore answers ErrUnsupported.
func (*Network) Restore() error { return ErrUnsupported }

// Destroy has nothing to remove outside Linux.
func (*Network) Destroy() error { return nil }

// Close has nothing to release outside Linux.
func (*Network) Close() error { return nil }

// ReturnPaths is empty outside Linux.
func ReturnPaths() []netip.Prefix { return nil }
