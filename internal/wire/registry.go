package wire

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Registry.
type Options struct {
	// Authenticate finds the secret and the identity of an access key.
	Authenticate func(accessKey string) (secret string, c Caller, ok bool)
	// Session finds the token and the end of a temporary access key; ok is false
	// for keys that are not temporary.
	Session func(accessKey string) (token string, expires time.Time, ok bool)
	// LoopbackDevKey accepts the key test/test from loopback peers.
	LoopbackDevKey bool
	// Strict makes unknown members of a request an error.
	Strict  bool
	MaxBody int64 // of a request, compressed or not; 0 means 16 MiB
	Log     *slog.Logger
	// Observe hears of every request after its answer; nil = nobody does. It must be
	// quick.
	Observe        func(*http.Request, Observation)
	DefaultAccount string // "" means 000000000000
	DefaultRegion  string // "" means us-east-1
	Now            func() time.Time
}

func (o *Options) fill() {
	if o.MaxBody == 0 {
		o.MaxBody = 16 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.DefaultAccount == "" {
		o.DefaultAccount = "000000000000"
	}
	if o.DefaultRegion == "" {
		o.DefaultRegion = "us-east-1"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Registry is the front door: it finds the service and operation of a request,
// checks the signature, decodes, calls, and encodes. Add every service before
// the first request.
type Registry struct {
	opts     Options
	keys     keyring
	services []*service
	targets  map[string]*service   // X-Amz-Target prefix → service
	byName   map[string][]*service // signing name → services
	warned   sync.Map              // unknown members already logged
	warnings atomic.Int32
}

// service is a Spec with its operations.
type service struct {
	spec    Spec
	json    *planner // the service's spelling
	upper   *planner // the Go names: query and CBOR
	ops     map[string]*operation
	routes  []*restRoute
	unknown sync.Map // operations asked for that do not exist, already logged
}

// operation is one method of a service.
type operation struct {
	name string
	call reflect.Value // func(context.Context, *In) (*Out, error)
	in   reflect.Type  // In
	out  reflect.Type  // Out
	rest *restOperation
}

// NewRegistry returns an empty registry.
func NewRegistry(opts Options) *Registry {
	opts.fill()
	return &Registry{
		opts:    opts,
		targets: map[string]*service{},
		byName:  map[string][]*service{},
	}
}

// Add registers a service: each exported method of the form
// func(context.Context, *XInput) (*XOutput, error) becomes operation X. It
// panics when the spec contradicts itself or another one: that is a mistake in
// the program.
func (r *Registry) Add(spec Spec, impl any) {
	s := &service{spec: spec, ops: map[string]*operation{}, json: plannerFor(&spec), upper: upperNames}
	if !spec.LowerCase {
		s.upper = s.json
	}
	if len(spec.QueryNames) > 0 {
		s.upper = newPlanner(spelling{exceptions: spec.QueryNames})
	}
	v := reflect.ValueOf(impl)
	for i := range v.NumMethod() {
		if op := newOperation(v.Type().Method(i).Name, v.Method(i)); op != nil {
			s.ops[op.name] = op
			s.plan(op)
		}
	}
	for _, prefix := range spec.TargetPrefixes {
		if r.targets[prefix] != nil {
			panic(fmt.Sprintf("wire: two services have the target prefix %s", prefix))
		}
		r.targets[prefix] = s
	}
	s.addRoutes()
	r.services = append(r.services, s)
	r.byName[spec.Name] = append(r.byName[spec.Name], s)
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// newOperation returns nil for methods that are no operations.
func newOperation(name string, m reflect.Value) *operation {
	t := m.Type()
	if t.NumIn() != 2 || t.NumOut() != 2 || t.In(0) != contextType || t.Out(1) != errorType || !isStructPointer(t.In(1)) || !isStructPointer(t.Out(0)) {
		return nil
	}
	return &operation{name: name, call: m, in: t.In(1).Elem(), out: t.Out(0).Elem()}
}

func isStructPointer(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}

// plan makes the plans of op now, so that a type that has no form on the wire
// stops the program's start and not a request.
func (s *service) plan(op *operation) {
	for _, p := range s.spec.Protocols {
		s.names(p).of(op.in)
		s.outNames(p).of(op.out)
	}
}

// speaks says whether the service answers in protocol p. The versions of JSON
// are one: their only difference is the content type.
func (s *service) speaks(p Protocol) bool {
	if p == JSON10 || p == JSON11 {
		return slices.Contains(s.spec.Protocols, JSON10) || slices.Contains(s.spec.Protocols, JSON11)
	}
	return slices.Contains(s.spec.Protocols, p)
}

// names is the planner of inputs for protocol p: only JSON knows LowerCase.
func (s *service) names(p Protocol) *planner {
	switch p {
	case JSON10, JSON11, RESTJSON:
		return s.json
	}
	return s.upper
}

// outNames is the planner of outputs: EC2's requests begin their members with a
// capital and its answers with a small letter.
func (s *service) outNames(p Protocol) *planner {
	if p == EC2Query {
		return lowerNames
	}
	return s.names(p)
}

// Operations lists what works: service → operations, sorted.
func (r *Registry) Operations() map[string][]string {
	all := map[string][]string{}
	for _, s := range r.services {
		for name := range s.ops {
			all[s.spec.Name] = append(all[s.spec.Name], name)
		}
	}
	for _, names := range all {
		slices.Sort(names)
	}
	return all
}

// Speaks says whether a request is meant for the registry, for a server that
// has other pages on the same port.
func Speaks(req *http.Request) bool {
	h := req.Header
	if h.Get("X-Amz-Target") != "" || h.Get("X-Amz-Date") != "" || h.Get("Smithy-Protocol") != "" {
		return true
	}
	auth := h.Get("Authorization")
	if len(auth) > 4 && auth[:4] == "AWS4" {
		return true
	}
	q := req.URL.Query()
	if q.Has("X-Amz-Signature") || q.Has("Action") {
		return true
	}
	return req.Method == http.MethodPost && req.URL.Path == "/" && isForm(req)
}
