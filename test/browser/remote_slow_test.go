//go:build slow && linux

package browser

import (
	"bytes"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/test/harness"
)

// remote is a grue that is reached from other machines: with TLS and a key.
type remote struct{ url, id, secret string }

// newRemote starts a grue with an empty world on an address that is not loopback,
// and makes a key for it.
func newRemote(t *testing.T) remote {
	t.Helper()
	ip := ownAddress(t)
	if ip == "" {
		t.Log("the login is not looked at: this machine has only loopback addresses")
		return remote{}
	}
	_, port, _ := net.SplitHostPort(harness.FreeAddress(t))
	g := harness.Prepare(t, "--runtime", "fake")
	g.Listen = net.JoinHostPort(ip, port)
	g.TLS = true
	g.Up()
	out, err := exec.Command(g.Bin, "keys", "create", "someone", "--data", g.Data).Output()
	if err != nil {
		t.Fatalf("grue keys create: %v\n%s", err, out)
	}
	return remote{url: g.URL(), id: value(t, out, "AWS_ACCESS_KEY_ID"), secret: value(t, out, "AWS_SECRET_ACCESS_KEY")}
}

// value finds what a variable is set to.
func value(t *testing.T, text []byte, name string) string {
	t.Helper()
	m := regexp.MustCompile(name + `=["']?([^"'\s]+)`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("%s is not in\n%s", name, text)
	}
	return string(bytes.TrimSpace(m[1]))
}

// ownAddress is an address of this machine that other machines see; "" = none.
func ownAddress(t *testing.T) string {
	t.Helper()
	list, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if one.Flags&net.FlagUp == 0 || one.Flags&net.FlagLoopback != 0 || strings.HasPrefix(one.Name, "gr") {
			continue // down, or of a grue
		}
		addrs, _ := one.Addrs()
		for _, a := range addrs {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
				return ip.IP.String()
			}
		}
	}
	return ""
}
