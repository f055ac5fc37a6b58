//go:build slow

package proxy

import "testing"

// A gigabyte there and back goes through the kernel unharmed.
func TestSlowFlowGigabyte(t *testing.T) { bulkFlow(t, 1<<30) }
