package rig

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Moto starts moto's server on a port of its own and returns its address and
// process id. It ends with the benchmark. ok is false when moto is not
// installed (pip install 'moto[server]').
func Moto(t testing.TB) (address string, pid int, ok bool) {
	t.Helper()
	bin, err := exec.LookPath("moto_server")
	if err != nil {
		return "", 0, false
	}
	address = FreeAddress()
	host, port, _ := net.SplitHostPort(address)
	cmd := exec.Command(bin, "-H", host, "-p", port)
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for wait := time.Now().Add(time.Minute); time.Now().Before(wait); time.Sleep(50 * time.Millisecond) {
		if resp, err := http.Get("http://" + address + "/moto-api/"); err == nil {
			resp.Body.Close()
			return address, cmd.Process.Pid, true
		}
	}
	t.Fatal("moto_server did not answer within a minute")
	return "", 0, false
}
