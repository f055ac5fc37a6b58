package servicediscovery

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/grue-ecs/grue/internal/cloudmap"
)

// Bounds of the attributes of an instance.
const (
	maxCustom     = 30
	maxCharacters = 5000
)

// understood are the attributes that Cloud Map gives a meaning.
var understood = map[string]func(value string) bool{
	cloudmap.IPv4:       func(v string) bool { a, err := netip.ParseAddr(v); return err == nil && a.Is4() },
	cloudmap.IPv6:       func(v string) bool { a, err := netip.ParseAddr(v); return err == nil && a.Is6() && a.Zone() == "" },
	cloudmap.Port:       func(v string) bool { n, err := strconv.Atoi(v); return err == nil && n >= 1 && n <= 65535 },
	cloudmap.CNAME:      isDomain,
	cloudmap.Alias:      isDomain,
	cloudmap.EC2:        ec2Instance.MatchString,
	cloudmap.InitHealth: func(v string) bool { return v == cloudmap.Healthy || v == cloudmap.Unhealthy },
}

func isDomain(v string) bool {
	return len(v) <= 253 && domain.MatchString(strings.TrimSuffix(v, "."))
}

// checkAttributes checks the attributes of an instance against its service.
func checkAttributes(n *cloudmap.Namespace, s *cloudmap.Service, a map[string]string) error {
	if err := checkEach(a); err != nil {
		return err
	}
	has := func(key string) bool { return a[key] != "" }
	record := func(kind string) bool { _, ok := s.Record(kind); return ok }
	switch {
	case has(cloudmap.InitHealth) && !s.CustomHealth:
		return invalid("Attributes: %s is for services with HealthCheckCustomConfig.", cloudmap.InitHealth)
	case has(cloudmap.EC2) && n.Type != cloudmap.HTTP:
		return invalid("Attributes: %s is for HTTP namespaces.", cloudmap.EC2)
	case has(cloudmap.EC2) && (has(cloudmap.IPv4) || has(cloudmap.IPv6) || has(cloudmap.CNAME)):
		return invalid("Attributes: %s stands alone; the address is the instance's own.", cloudmap.EC2)
	case has(cloudmap.Alias):
		return checkAlias(s, a)
	case record("A") && !has(cloudmap.IPv4):
		return missing(cloudmap.IPv4, "A")
	case record("AAAA") && !has(cloudmap.IPv6):
		return missing(cloudmap.IPv6, "AAAA")
	case record("CNAME") && !has(cloudmap.CNAME):
		return missing(cloudmap.CNAME, "CNAME")
	case record("SRV") && !has(cloudmap.Port):
		return missing(cloudmap.Port, "SRV")
	case record("SRV") && !has(cloudmap.IPv4) && !has(cloudmap.IPv6):
		return missing(cloudmap.IPv4+" or "+cloudmap.IPv6, "SRV")
	}
	return nil
}

func missing(attribute, record string) error {
	return invalid("Attributes: %s is required: the service has %s records.", attribute, record)
}

// checkAlias checks an instance that stands for a load balancer.
func checkAlias(s *cloudmap.Service, a map[string]string) error {
	_, v4 := s.Record("A")
	_, v6 := s.Record("AAAA")
	if s.Policy != cloudmap.Weighted || !v4 && !v6 {
		return invalid("Attributes: %s needs a service with A or AAAA records and the RoutingPolicy WEIGHTED.", cloudmap.Alias)
	}
	for _, key := range []string{cloudmap.IPv4, cloudmap.IPv6, cloudmap.Port, cloudmap.CNAME} {
		if a[key] != "" {
			return invalid("Attributes: %s and %s exclude each other.", cloudmap.Alias, key)
		}
	}
	return nil
}

// checkEach checks every attribute for itself, and all for their size.
func checkEach(a map[string]string) error {
	custom, characters := 0, 0
	for key, value := range a {
		check, known := understood[key]
		switch {
		case !printable.MatchString(key) || utf8.RuneCountInString(key) > 255:
			return invalid("Attributes: the key %.40q must have 1 to 255 printable ASCII characters, without spaces.", key)
		case utf8.RuneCountInString(value) > 1024:
			return invalid("Attributes: the value of %s is longer than 1024 characters.", key)
		case known && !check(value):
			return invalid("Attributes: %s cannot be %q.", key, value)
		case !known && strings.HasPrefix(key, "AWS_"):
			return invalid("Attributes: %s is unknown; keys of your own must not begin with AWS_.", key)
		}
		if !known {
			custom++
			characters += utf8.RuneCountInString(key) + utf8.RuneCountInString(value)
		}
	}
	if custom > maxCustom || characters > maxCharacters {
		return invalid("Attributes: an instance has at most %d attributes of your own, of at most %d characters in all; there were %d with %d.", maxCustom, maxCharacters, custom, characters)
	}
	return nil
}
