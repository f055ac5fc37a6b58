package proxy

import (
	"net"

	"github.com/miekg/dns"
)

// ServeDNS implements dns.Handler.
func (r *resolver) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	_, overUDP := w.RemoteAddr().(*net.UDPAddr)
	_ = w.WriteMsg(r.answer(q, overUDP))
}

// answer is the answer to a question, cut to what the client takes.
func (r *resolver) answer(q *dns.Msg, overUDP bool) *dns.Msg {
	opt := q.IsEdns0()
	switch {
	case len(q.Question) != 1 || q.Opcode != dns.OpcodeQuery || q.Response:
		return new(dns.Msg).SetRcode(q, dns.RcodeNotImplemented)
	case opt != nil && opt.Version() != 0:
		m := new(dns.Msg).SetRcode(q, dns.RcodeBadVers)
		return m.SetEdns0(dns.DefaultMsgSize, false)
	}
	m := r.own(q, overUDP)
	if m == nil {
		m = r.forward(q, overUDP)
	} else if opt != nil {
		m.SetEdns0(dns.DefaultMsgSize, opt.Do())
	}
	if overUDP {
		m.Truncate(sizeFor(q))
	} else {
		m.Truncate(dns.MaxMsgSize)
	}
	return m
}

// sizeFor is the size of a UDP answer that the client takes.
func sizeFor(q *dns.Msg) int {
	if opt := q.IsEdns0(); opt != nil && opt.UDPSize() > dns.MinMsgSize {
		return int(opt.UDPSize())
	}
	return dns.MinMsgSize
}

// maxChain bounds how many names are followed from one question.
const maxChain = 8

// own answers for a name that the table knows, or a name in a zone of the table;
// nil = the name is not ours.
func (r *resolver) own(q *dns.Msg, overUDP bool) *dns.Msg {
	question := q.Question[0]
	if question.Qclass != dns.ClassINET && question.Qclass != dns.ClassANY {
		return nil
	}
	book := r.names.Load()
	if !book.knows(canonical(question.Name)) {
		return nil
	}
	m := new(dns.Msg).SetReply(q)
	m.Authoritative, m.RecursionAvailable = true, true
	reply := &nameReply{book: book, m: m, kind: question.Qtype}
	if next := reply.follow(question.Name); next != "" {
		r.leave(reply, next, overUDP)
	}
	return m
}

// leave goes on where a CNAME or an alias leads out of the table.
func (r *resolver) leave(reply *nameReply, name string, overUDP bool) {
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), reply.kind)
	rest := r.forward(q, overUDP)
	if rest.Rcode != dns.RcodeSuccess {
		reply.m.Rcode = rest.Rcode
	}
	if reply.alias == "" {
		reply.m.Answer = append(reply.m.Answer, rest.Answer...)
		return
	}
	for _, rr := range rest.Answer { // an alias hides where it leads
		if rr.Header().Rrtype == reply.kind {
			rr = dns.Copy(rr)
			rr.Header().Name = reply.alias
			reply.m.Answer = append(reply.m.Answer, rr)
		}
	}
}
