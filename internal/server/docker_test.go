package server

import "testing"

func TestSplit(t *testing.T) {
	cidr, subnets := split("172.20.0.0/16")
	if cidr.String() != "172.20.0.0/16" || subnets[0].String() != "172.20.0.0/20" || subnets[1].String() != "172.20.16.0/20" || subnets[2].String() != "172.20.32.0/20" {
		t.Errorf("%v %v", cidr, subnets)
	}
	for _, bad := range []string{"", "10.0.0.0/26", "fd00::/64"} {
		if cidr, _ := split(bad); cidr.IsValid() {
			t.Errorf("%q was split to %v", bad, cidr)
		}
	}
}
