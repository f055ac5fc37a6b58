package network

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
)

// TestUntracked: neither what a load balancer sends to a task nor what a client
// sends to a load balancer fills the kernel's table of connections.
func TestUntracked(t *testing.T) {
	const table = "/proc/net/nf_conntrack"
	n := open(t, options(t))
	<-n.filter
	if !have("iptables") && !have("nft") {
		t.Skip("neither iptables nor nft is installed")
	}
	lease, err := n.AllocTask("t", 0)
	if err != nil {
		t.Fatal(err)
	}
	lb, err := n.AllocLB("lb")
	if err != nil {
		t.Fatal(err)
	}
	task := serve(t, lease)
	front, err := net.Listen("tcp", netip.AddrPortFrom(lb, 8094).String())
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	for _, to := range []string{task.String(), front.Addr().String()} {
		if err := dial(to); err != nil {
			t.Fatal(err)
		}
	}
	tracked, err := os.ReadFile(table)
	if err != nil {
		t.Logf("this kernel does not list its connections: %v", err)
		return
	}
	for _, ip := range []string{lease.IP.String(), lb.String()} {
		if strings.Contains(string(tracked), "dst="+ip+" ") {
			t.Errorf("connections to %s are tracked", ip)
		}
	}
}
