package engine

import (
	"fmt"
	"net"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// register puts a task that became RUNNING into the target groups of its
// service revision, in the transaction that makes it RUNNING.
func (e *Engine) register(tx *store.Tx, t *state.Task) error {
	if t.Service == "" || t.DesiredStatus != Running {
		return nil
	}
	rev, ok := state.Revisions.Get(tx, state.RevisionKey(t.Scope, t.Cluster, t.Service, t.Revision))
	if !ok {
		return nil
	}
	e.registerConnect(tx, t, rev)
	e.enroll(tx, t)
	t.Targets = nil
	for i, lb := range rev.Body.V.LoadBalancers {
		x, err := e.targetFor(tx, t, lb)
		x.Group = groupOf(rev, i)
		if err == nil {
			err = elb.Register(tx, x)
		}
		target := state.Target{Group: x.Group, ID: x.ID, Port: x.Port, State: TargetRegistered}
		if err != nil {
			// It stays in the list: a task that no load balancer knows never counts as healthy.
			target.State = TargetRefused
			e.log.Error("target not registered", "task", t.ID, "group", x.Group, "err", err)
			e.serviceEvent(tx, t, fmt.Sprintf("was unable to register a target in (target-group %s): %v", x.Group, err))
		} else {
			e.serviceEvent(tx, t, fmt.Sprintf("registered 1 targets in (target-group %s)", x.Group))
		}
		t.Targets = append(t.Targets, target)
	}
	return nil
}

// targetFor is the target of a load balancer block: the task's address and the
// container's port (ip), or this machine and the host port (instance). A port may be
// published once for TCP and once for UDP: the group's protocol chooses.
func (e *Engine) targetFor(tx *store.Tx, t *state.Task, lb ecs.LoadBalancer) (elb.Target, error) {
	port := int(aws.ToInt32(lb.ContainerPort))
	x := elb.Target{
		Group: aws.ToString(lb.TargetGroupArn), ID: t.IP, Port: port, AZ: t.AZ,
		Address: net.JoinHostPort(t.IP, strconv.Itoa(port)),
	}
	switch t.NetworkMode {
	case string(ecs.NetworkModeAwsvpc):
		return x, nil
	case string(ecs.NetworkModeHost):
		x.ID, x.Address = e.opts.InstanceID, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		return x, nil
	}
	found, datagrams := false, false
	if g, ok := elb.Group(tx, x.Group); ok {
		datagrams = g.Protocol == route.ProtocolUDP
	}
	for _, c := range t.Containers {
		if c.Name != aws.ToString(lb.ContainerName) {
			continue
		}
		for _, p := range c.Ports {
			if p.Container == port && (!found || datagrams == (p.Protocol == "udp")) {
				x.ID, x.Port, found = e.opts.InstanceID, p.Host, true
			}
		}
	}
	if found {
		return x, nil
	}
	return x, fmt.Errorf("container %s has no host port for port %d", aws.ToString(lb.ContainerName), port)
}

// serviceEvent adds a service event from outside a round.
func (e *Engine) serviceEvent(tx *store.Tx, t *state.Task, msg string) {
	svc, ok := state.Services.Get(tx, t.ServiceKey())
	if !ok {
		return
	}
	next := *svc
	r := &round{e: e, tx: tx, now: timeNow(), svc: &next}
	r.event(msg)
	state.Services.Put(tx, next.Key(), &next)
}
