package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
)

// A program that listens on a port of all its addresses, as most do, cannot while
// any socket listens on that port of one of them. So where containers may want the
// port of an endpoint, the proxy's socket is on another port of the same address,
// and the packet filter of the task's namespace leads connections there. ECS
// does the same for all ports.

// asideOf is where the socket for an address listens instead: the port with its
// highest bit turned, so that it is the same after every restart.
func asideOf(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", err
	}
	if n ^= 1 << 15; n == 0 {
		n = 1<<16 - 1
	}
	return net.JoinHostPort(host, strconv.Itoa(n)), nil
}

// listenAside listens beside an address, in the namespace of this thread, and
// leads connections to the address there. Repeating it changes nothing.
func listenAside(address string) (*net.TCPListener, error) {
	aside, err := asideOf(address)
	if err != nil {
		return nil, err
	}
	l, err := listenTCP(aside)
	if err != nil {
		return nil, err
	}
	if err := lead(address, aside); err != nil {
		return nil, errors.Join(fmt.Errorf("lead connections from %s to %s: %w", address, aside, err), l.Close())
	}
	return l, nil
}

var errNoLead = errors.New("neither iptables nor nft is installed; install iptables")

// lead makes the packet filter's rule; a child process is in the namespace of the
// thread that starts it.
func lead(from, to string) error {
	host, port, _ := net.SplitHostPort(from)
	if path, err := exec.LookPath("iptables"); err == nil {
		rule := []string{"OUTPUT", "-d", host + "/32", "-p", "tcp", "--dport", port, "-j", "DNAT", "--to-destination", to}
		if output(path, "", append([]string{"-w", "-t", "nat", "-C"}, rule...)...) == nil {
			return nil
		}
		return output(path, "", append([]string{"-w", "-t", "nat", "-A"}, rule...)...)
	}
	path, err := exec.LookPath("nft")
	if err != nil {
		return errNoLead
	}
	return output(path, strings.Join([]string{
		"table ip grue {",
		"  chain output { type nat hook output priority -100; }",
		"}",
		fmt.Sprintf("add rule ip grue output ip daddr %s tcp dport %s dnat to %s", host, port, to),
	}, "\n")+"\n", "-f", "-")
}

func output(path, stdin string, args ...string) error {
	cmd := exec.Command(path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", cmd, err, bytes.TrimSpace(out))
	}
	return nil
}
