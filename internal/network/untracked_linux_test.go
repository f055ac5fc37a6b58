package network

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// TestUntracked: neither what a load balancer sends to a task nor what a client
// sends to a load balancer fills the kernel's table of connections.
func TestUntracked(t *testing.T) {
	const table = "/proc/net/nf_conntrack"
	n := open(t, options(t))
	<-n.filter
	if !have("iptables") && !have("nft") {
		t.Fatal("neither iptables nor nft is installed: .ci/need test installs one")
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
	var flows []string // without the source port, connections of earlier networks would be meant, too
	for _, to := range []string{task.String(), front.Addr().String()} {
		c, err := net.DialTimeout("tcp", to, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		from, to := c.LocalAddr().(*net.TCPAddr), c.RemoteAddr().(*net.TCPAddr)
		flows = append(flows, fmt.Sprintf("dst=%s sport=%d dport=%d ", to.IP, from.Port, to.Port))
		c.Close()
	}
	tracked, err := os.ReadFile(table)
	if err != nil {
		t.Logf("this kernel does not list its connections: %v", err)
		return
	}
	for _, flow := range flows {
		if strings.Contains(string(tracked), flow) {
			t.Errorf("the connection %s is tracked", flow)
		}
	}
}
