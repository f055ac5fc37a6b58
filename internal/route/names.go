package route

// Zone is a domain whose names only the table knows: a name below it that has no
// Record does not exist. The longest zone of a name counts.
type Zone struct {
	Name string `json:"name"` // lower case, no trailing dot
	// SOATTL is the time to live of the SOA record, and so of answers that say that
	// there is nothing, in seconds.
	SOATTL uint32 `json:"soaTTL"`
}

// Records are the DNS records of one name.
type Records struct {
	Weighted bool              `json:"weighted,omitempty"` // one healthy host; otherwise up to eight
	TTL      map[string]uint32 `json:"ttl"`                // by record type: A, AAAA, SRV, CNAME; others do not exist
	Hosts    []Host            `json:"hosts,omitempty"`
}

// Host is one of the hosts behind a name.
type Host struct {
	// ID makes the name of the host itself, which SRV records point at:
	// "<id>.<name>".
	ID    string `json:"id"`
	IPv4  string `json:"ipv4,omitempty"`
	IPv6  string `json:"ipv6,omitempty"`
	Port  uint16 `json:"port,omitempty"` // of SRV records
	CNAME string `json:"cname,omitempty"`
	Alias string `json:"alias,omitempty"` // a load balancer's name, whose addresses are answered
	Sick  bool   `json:"sick,omitempty"`  // left out as long as another host is not
}
