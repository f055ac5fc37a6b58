// Package arn builds and parses the identifiers of AWS resources: ARNs, task
// ids, deployment ids. It knows shapes, not existence.
package arn

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// ARN is a parsed Amazon Resource Name.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// Parse splits an ARN; ok is false when s is not one.
func Parse(s string) (a ARN, ok bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[5] == "" {
		return ARN{}, false
	}
	return ARN{p[1], p[2], p[3], p[4], p[5]}, true
}

// Is tells whether s has the form of an ARN.
func Is(s string) bool { return strings.HasPrefix(s, "arn:") }

// Make builds an ARN in the partition of its region.
func Make(service, region, account, resource string) string {
	return "arn:" + Partition(region) + ":" + service + ":" + region + ":" + account + ":" + resource
}

// Partition of a region: aws, aws-cn or aws-us-gov.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Scope is the account and region that a resource belongs to; it begins every
// key in the store.
type Scope struct{ Account, Region string }

// Key joins the scope and parts to a store key.
func (s Scope) Key(parts ...string) string {
	return s.Account + "/" + s.Region + "/" + strings.Join(parts, "/")
}

// ECS builds an ARN of Amazon ECS.
func (s Scope) ECS(resource string) string { return Make("ecs", s.Region, s.Account, resource) }

// Cluster ARN.
func (s Scope) Cluster(cluster string) string { return s.ECS("cluster/" + cluster) }

// Service ARN (long format).
func (s Scope) Service(cluster, service string) string {
	return s.ECS("service/" + cluster + "/" + service)
}

// Task ARN (long format).
func (s Scope) Task(cluster, id string) string { return s.ECS("task/" + cluster + "/" + id) }

// Container ARN.
func (s Scope) Container(cluster, task, uuid string) string {
	return s.ECS("container/" + cluster + "/" + task + "/" + uuid)
}

// TaskDefinition ARN.
func (s Scope) TaskDefinition(family string, revision int) string {
	return s.ECS("task-definition/" + family + ":" + strconv.Itoa(revision))
}

// Revision is the ARN of a service revision. n is also the number in the
// deployment id "ecs-svc/n": clients match the two.
func (s Scope) Revision(cluster, service, n string) string {
	return s.ECS("service-revision/" + cluster + "/" + service + "/" + n)
}

// ServiceDeployment ARN.
func (s Scope) ServiceDeployment(cluster, service, id string) string {
	return s.ECS("service-deployment/" + cluster + "/" + service + "/" + id)
}

// Name returns the last path segment of an ARN, or s itself when it is a name.
func Name(s string) string {
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		return s[i+1:]
	}
	return s
}

// Path splits an ARN's resource at slashes: ("task", "cluster", "id"). ok is
// false when s is not an ARN of service or not of that kind.
func Path(s, service, kind string) (parts []string, ok bool) {
	a, ok := Parse(s)
	if !ok || a.Service != service {
		return nil, false
	}
	parts = strings.Split(a.Resource, "/")
	if parts[0] != kind {
		return nil, false
	}
	return parts[1:], true
}

// NewTaskID returns 32 random lower-case hex digits.
func NewTaskID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// NewHex returns n random lower-case hex digits.
func NewHex(n int) string {
	b := make([]byte, (n+1)/2)
	rand.Read(b)
	return hex.EncodeToString(b)[:n]
}

// NewRevision returns a service revision number: 19 decimal digits below 2^63.
func NewRevision() string {
	var b [8]byte
	rand.Read(b[:])
	const low, span = 1_000_000_000_000_000_000, 8_000_000_000_000_000_000
	return strconv.FormatUint(low+binary.BigEndian.Uint64(b[:])%span, 10)
}

// NewDeploymentID returns a service deployment id: 21 characters of [A-Za-z0-9_-].
func NewDeploymentID() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])[:21]
}
