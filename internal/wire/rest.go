package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// restRoute is a method and a path pattern: "POST /a/{Name}/b". A label may be
// greedy, {Name+}, and then takes the rest of the path.
type restRoute struct {
	method   string
	segments []string
	op       *operation
}

// restOperation says which members of an operation travel outside the body.
type restOperation struct {
	service *service
	in, out restShape
	status  int // of success
}

type restShape struct {
	body    *plan         // the members that remain in the JSON body
	whole   *plan         // every member
	bound   []restBinding // those in the query, in headers, in the status
	payload *field        // the member that is the body, if one is
}

type restBinding struct {
	where string // "query", "header" or "status"
	name  string
	field *field
}

// addRoutes compiles the routes of a RESTJSON service.
func (s *service) addRoutes() {
	for name, route := range s.spec.Routes {
		op := s.ops[name]
		if op == nil {
			continue // an operation without a method does not exist
		}
		method, path, ok := strings.Cut(route, " ")
		if !ok {
			panic(fmt.Sprintf("wire: the route %q of %s has no method", route, name))
		}
		op.rest = &restOperation{service: s, status: http.StatusOK}
		path, status, ok := strings.Cut(path, " ")
		if n, err := strconv.Atoi(status); err == nil {
			op.rest.status = n
		} else if ok {
			panic(fmt.Sprintf("wire: the route %q of %s ends with no status", route, name))
		}
		op.rest.in = s.restShape(op.in, path)
		op.rest.out = s.restShape(op.out, "")
		s.routes = append(s.routes, &restRoute{method: method, segments: strings.Split(strings.Trim(path, "/"), "/"), op: op})
	}
}

// restShape splits the members of t by their bindings; labels of the path are
// never in the body.
func (s *service) restShape(t reflect.Type, path string) restShape {
	whole := s.json.of(t)
	body := &plan{kind: kindStruct, typ: t, byName: map[string]int{}}
	shape := restShape{whole: whole, body: body}
	for i := range whole.fields {
		f := &whole.fields[i]
		where, name, _ := strings.Cut(s.spec.Bindings[t.Name()+"."+t.Field(f.index).Name], " ")
		switch {
		case strings.Contains(path, "{"+f.name+"}") || strings.Contains(path, "{"+f.name+"+}"):
		case where == "payload":
			shape.payload = f
		case where != "":
			shape.bound = append(shape.bound, restBinding{where, name, f})
		default:
			body.byName[f.name] = len(body.fields)
			body.fields = append(body.fields, *f)
		}
	}
	return shape
}

// findREST looks for a route of the service that the signature names, or of any
// service for unsigned requests.
func (r *Registry) findREST(req *http.Request, s *signature) (target, bool, *Error) {
	candidates := r.services
	if s != nil {
		candidates = r.byName[s.service]
	}
	path := strings.Split(strings.Trim(req.URL.EscapedPath(), "/"), "/")
	var rest *service
	for _, c := range candidates {
		if !c.speaks(RESTJSON) {
			continue
		}
		rest = c
		for _, route := range c.routes {
			if labels, ok := route.match(req.Method, path); ok {
				return target{service: c, protocol: RESTJSON, name: route.op.name, labels: labels}, true, nil
			}
		}
	}
	if rest == nil || s == nil || req.URL.Path == "/" && len(rest.spec.Protocols) > 1 {
		return target{}, false, nil
	}
	return target{service: rest, protocol: RESTJSON, name: req.Method + " " + req.URL.Path}, true,
		Errorf("UnknownOperationException", "No operation is known for %s %s.", clip(req.Method), clip(req.URL.Path)).WithStatus(http.StatusNotFound)
}

func (route *restRoute) match(method string, path []string) (map[string]any, bool) {
	if method != route.method || len(path) < len(route.segments) {
		return nil, false
	}
	labels := map[string]any{}
	for i, seg := range route.segments {
		label, isLabel := strings.CutPrefix(seg, "{")
		if !isLabel {
			if seg != path[i] {
				return nil, false
			}
			continue
		}
		value := path[i]
		label = strings.TrimSuffix(label, "}")
		greedy := strings.HasSuffix(label, "+")
		if greedy {
			label, value = strings.TrimSuffix(label, "+"), strings.Join(path[i:], "/")
		}
		plain, err := url.PathUnescape(value)
		if err != nil || plain == "" {
			return nil, false
		}
		labels[label] = formValue(plain)
		if greedy {
			return labels, true
		}
	}
	return labels, len(path) == len(route.segments)
}

// decode fills v from the path, the query, the headers and the body.
func (o *restOperation) decode(x *exchange, d *decoder, body []byte, v reflect.Value) error {
	if err := d.place(o.in.whole, x.labels, v); err != nil {
		return err
	}
	query := x.req.URL.Query()
	for _, b := range o.in.bound {
		tree := b.read(x.req.Header, query)
		if tree == nil {
			continue
		}
		if err := d.place(b.field.plan, tree, v.Field(b.field.index)); err != nil {
			return within(err, "."+b.name)
		}
	}
	if p := o.in.payload; p != nil {
		return o.decodePayload(d, p, body, v.Field(p.index))
	}
	tree, err := parseBody(body)
	if err != nil || tree == nil {
		return err
	}
	return d.place(o.in.body, tree, v)
}

func (o *restOperation) decodePayload(d *decoder, p *field, body []byte, v reflect.Value) error {
	if p.plan.kind == kindBlob {
		if len(body) > 0 {
			v.SetBytes(body)
		}
		return nil
	}
	tree, err := parseBody(body)
	if err != nil || tree == nil {
		return err
	}
	return within(d.place(p.plan, tree, v), "."+p.name)
}

// read finds a bound value; nil means that it is absent.
func (b *restBinding) read(h http.Header, query url.Values) any {
	values := query[b.name]
	if b.where == "header" {
		values = h.Values(b.name)
	}
	if len(values) == 0 {
		return nil
	}
	if b.field.plan.kind == kindList {
		items := make([]any, len(values))
		for i, s := range values {
			items[i] = formValue(s)
		}
		return items
	}
	return formValue(values[0])
}

// encode writes headers, and appends the body.
func (o *restOperation) encode(x *exchange, b []byte, out reflect.Value) ([]byte, int, error) {
	status := o.status
	for _, bound := range o.out.bound {
		v := out.Field(bound.field.index)
		if bound.field.plan.absent(v) {
			continue
		}
		text, err := scalarText(bound.field.plan, v)
		if err != nil {
			return b, status, err
		}
		if bound.where != "status" {
			x.w.Header().Set(bound.name, text)
		} else if n, err := strconv.Atoi(text); err == nil && n >= 100 {
			status = n
		}
	}
	e := jsonEncoder{b: b}
	p := o.out.payload
	switch {
	case status == http.StatusNoContent:
	case p == nil:
		e.structure(o.out.body, out)
	case p.plan.kind == kindBlob:
		e.b = append(e.b, out.Field(p.index).Bytes()...)
	case !p.plan.absent(out.Field(p.index)):
		e.value(p.plan, out.Field(p.index))
	}
	return e.b, status, e.err
}

// scalarText is a value as a header carries it.
func scalarText(pl *plan, v reflect.Value) (string, error) {
	e := jsonEncoder{}
	e.value(pl, v)
	if e.err != nil {
		return "", e.err
	}
	var text string
	if err := json.Unmarshal(e.b, &text); err == nil {
		return text, nil
	}
	return string(e.b), nil
}
