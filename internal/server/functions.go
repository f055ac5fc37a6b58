package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/grue-ecs/grue/internal/api/iam"
	"github.com/grue-ecs/grue/internal/api/sts"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/metadata"
	"github.com/grue-ecs/grue/internal/runtime"
)

// openFunctions needs the log store, the container runtime and the state; the
// engine and the APIs need it.
func (s *server) openFunctions() (err error) {
	url, ca := s.ownEndpoint()
	s.functions, err = function.New(function.Options{
		Dir: s.path("functions"), Store: s.store, Logs: s.logs, Endpoint: url, CA: ca,
		Credentials: s.roleCredentials, Minute: s.opts.Minute, Log: s.log,
		Containers: s.functionContainers(),
	})
	if err != nil {
		return err
	}
	s.onClose(s.functions.Close)
	return nil
}

// functionContainers is what functions of package type Image need: the container
// runtime and an address in the tasks' network where the API answers, without
// TLS, for it does not leave this machine. Only keys that grue issued are good
// there. It is nil where tasks cannot reach this machine.
func (s *server) functionContainers() *function.Containers {
	p := s.platform
	if p.inside == "" {
		return nil
	}
	l, err := listenInside(p.inside)
	if err != nil {
		s.log.Error("container images cannot be run as functions: tasks do not reach this machine", "err", err)
		return nil
	}
	s.onClose(func() { l.Close() })
	s.inside = l
	s.insideURL = "http://" + l.Addr().String()
	if p.name != "" {
		s.insideURL = fmt.Sprintf("http://%s:%d", p.name, l.Addr().(*net.TCPAddr).Port)
	}
	c := &function.Containers{
		Driver: p.driver, Listen: p.inside, Host: p.name, Endpoint: s.insideURL,
		Resolve: func(ctx context.Context, ref string) (string, error) {
			return s.images.Resolve(ctx, ref, runtime.RegistryAuth{})
		},
	}
	if p.network != nil { // Docker fetches images by itself
		c.Prepare = func(ctx context.Context, ref, digest string) error {
			_, err := s.images.Prepare(ctx, ref, digest, runtime.RegistryAuth{})
			return err
		}
	}
	return c
}

// listenInside takes port 4566 of the address, so that tasks find the API where
// they found it before a restart of the server; any other port when another
// program has it.
func listenInside(address string) (net.Listener, error) {
	if l, err := net.Listen("tcp", net.JoinHostPort(address, "4566")); err == nil {
		return l, nil
	}
	return net.Listen("tcp", net.JoinHostPort(address, "0"))
}

// ownEndpoint is where programs on this machine find the API, and the
// certificate to trust when it is one of our own.
func (s *server) ownEndpoint() (url, ca string) {
	l := s.opts.Listener
	addr := l.Addr().String()
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		addr = net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
	}
	if _, plain := l.(*net.TCPListener); plain {
		return "http://" + addr, ""
	}
	if cert := s.path(filepath.Join("tls", "cert.pem")); fileExists(cert) {
		ca = cert
	}
	return "https://" + addr, ca
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// roleLife is how long the keys of a function's environment or of a task are good;
// the role's maximum does not bound them, as in AWS.
const roleLife = 12 * time.Hour

// taskCredentials opens a session of a task's role.
func (s *server) taskCredentials(scope arn.Scope, role, task string) (metadata.Credentials, error) {
	c, err := s.roleCredentials(scope, role, task)
	return metadata.Credentials{AccessKeyID: c.AccessKey, SecretAccessKey: c.Secret, Token: c.Token, Expiration: c.Expires}, err
}

// roleCredentials opens a session of the role of a function or of a task.
func (s *server) roleCredentials(_ arn.Scope, roleARN, name string) (function.Credentials, error) {
	role, ok := arn.Parse(roleARN)
	if !ok {
		return function.Credentials{}, fmt.Errorf("%q is not the ARN of a role", roleARN)
	}
	roleName := arn.Name(role.Resource)
	id, _, known := iam.New(iam.Options{Store: s.store}).Role(role.Account, roleName)
	if !known {
		sum := sha256.Sum256([]byte(roleARN))
		id = "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
	}
	secret, token := make([]byte, 30), make([]byte, 120)
	rand.Read(secret)
	rand.Read(token)
	c := function.Credentials{
		AccessKey: "ASIA" + rand.Text()[:16], Secret: base64.StdEncoding.EncodeToString(secret),
		Token: base64.StdEncoding.EncodeToString(token), Expires: time.Now().Add(roleLife).UTC().Truncate(time.Second),
	}
	return c, sts.NewKeys(s.store, nil).Save(sts.Session{
		AccessKey: c.AccessKey, Secret: c.Secret, Token: c.Token, Expires: c.Expires, Account: role.Account,
		ARN:    "arn:" + role.Partition + ":sts::" + role.Account + ":assumed-role/" + roleName + "/" + name,
		UserID: id + ":" + name,
	})
}

// hookFunction tells why a function cannot be the target of a lifecycle hook.
func (s *server) hookFunction(scope arn.Scope, functionARN string) error {
	ref, err := function.Parse(scope, functionARN)
	if err != nil {
		return err
	}
	if _, err := s.functions.Version(ref); err != nil {
		return fmt.Errorf("Function not found: %s", functionARN) //nolint:staticcheck // Lambda's words
	}
	return nil
}
