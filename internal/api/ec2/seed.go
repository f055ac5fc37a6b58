package ec2

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// seeded marks a scope whose default VPC was made; it stays when someone
// deletes the VPC, so that the VPC stays deleted.
type seeded struct{ VPC string }

var seeds = store.NewTable[seeded]("ec2.seed")

// derived makes ids that are the same after every start: the default resources
// of a scope have no other place to be remembered by those who use them.
func (s *Service) derived(prefix string, sc arn.Scope, parts ...string) string {
	text := s.o.VPC + "/" + sc.Key(parts...) + "/" + prefix
	sum := sha256.Sum256([]byte(text))
	return prefix + "-" + hex.EncodeToString(sum[:])[:17]
}

// DefaultVPC is the id of the default VPC of a scope.
func (s *Service) DefaultVPC(sc arn.Scope) string {
	if s.o.VPC != "" {
		return s.o.VPC
	}
	return s.derived("vpc", sc)
}

// DefaultSubnet is the id of the default subnet in a zone: 0, 1 or 2.
func (s *Service) DefaultSubnet(sc arn.Scope, zone int) string {
	return s.derived("subnet", sc, strconv.Itoa(zone))
}

// seed makes the default VPC of a scope once, and once in the life of the
// process brings its ranges up to date with the task network's.
func (s *Service) seed(sc arn.Scope) error {
	if _, ok := s.seeded.Load(sc); ok {
		return nil
	}
	err := s.o.Store.Update(func(st *store.Tx) error {
		t := tx{st, sc}
		if _, ok := seeds.Get(st, sc.Key("default")); ok {
			s.refresh(t)
			return nil
		}
		seeds.Put(st, sc.Key("default"), &seeded{VPC: s.DefaultVPC(sc)})
		s.makeDefault(t)
		return nil
	})
	if err == nil {
		s.seeded.Store(sc, true)
	}
	return err
}

// makeDefault makes the VPC, its subnets, its gateway and the route out.
func (s *Service) makeDefault(t tx) {
	id := s.DefaultVPC(t.Scope)
	igw := s.derived("igw", t.Scope)
	rtb := s.makeVPC(t, id, VPCRecord{CIDR: s.o.CIDR.String(), Default: true, DNSHostnames: true, DNSSupport: true})
	gateways.put(t, igw, &gateway{VPC: id})
	_ = routeTables.change(t, &rtb, "", func(r *routeTable) error { // made just above
		r.Routes = append(r.Routes, routeRecord{CIDR: "0.0.0.0/0", Gateway: igw})
		return nil
	})
	for i, cidr := range s.o.Subnets {
		subnets.put(t, s.DefaultSubnet(t.Scope, i), &SubnetRecord{
			VPC: id, CIDR: cidr.String(), Zone: i, Default: true, PublicIP: true,
			ACL: aclOf(t, id), ACLAssociation: s.derived("aclassoc", t.Scope, strconv.Itoa(i)),
		})
	}
}

// refresh gives the default VPC and its subnets the ranges of the task network,
// which may have moved since the last start.
func (s *Service) refresh(t tx) {
	id := s.DefaultVPC(t.Scope)
	_ = vpcs.change(t, &id, "", func(v *VPCRecord) error { // an error means that it was deleted
		v.CIDR = s.o.CIDR.String()
		return nil
	})
	for i, cidr := range s.o.Subnets {
		sub := s.DefaultSubnet(t.Scope, i)
		_ = subnets.change(t, &sub, "", func(r *SubnetRecord) error {
			r.CIDR = cidr.String()
			return nil
		})
	}
}
