package proxy

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// upstreamDNS is a resolver that knows one name and counts questions.
func upstreamDNS(t testing.TB, asked *atomic.Int64) string {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	s := &dns.Server{PacketConn: pc, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		asked.Add(1)
		m := new(dns.Msg).SetReply(q)
		rr, _ := dns.NewRR(q.Question[0].Name + " 60 IN A 192.0.2.1")
		m.Answer = append(m.Answer, rr)
		_ = w.WriteMsg(m)
	})}
	go s.ActivateAndServe()
	<-started
	t.Cleanup(func() { _ = s.Shutdown() })
	return pc.LocalAddr().String()
}

// A resolver that does not answer is passed over, and answers are kept as long
// as they say.
func TestForwardingResolver(t *testing.T) {
	p, err := newProxy(Options{Dir: shortDir(t), Log: quietLog()})
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop(0)
	var asked atomic.Int64
	r := newResolver(p, []string{"127.0.0.1:1", upstreamDNS(t, &asked)})
	q := new(dns.Msg).SetQuestion("example.com.", dns.TypeA)
	for range 3 {
		m := r.forward(q, true)
		if m.Rcode != dns.RcodeSuccess || len(m.Answer) != 1 || m.Id != q.Id {
			t.Fatalf("got %v", m)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("upstream was asked %d times", n)
	}
	if m := r.cache.get(q, time.Now().Add(30*time.Second)); m == nil || m.Answer[0].Header().Ttl > 30 {
		t.Errorf("after half a minute: %v", m)
	}
	if m := r.cache.get(q, time.Now().Add(61*time.Second)); m != nil {
		t.Errorf("after its time: %v", m)
	}
}
