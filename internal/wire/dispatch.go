package wire

import (
	"mime"
	"net/http"
	"slices"
	"strings"
)

// target is where a request goes: found before anything of it is believed.
type target struct {
	service  *service
	protocol Protocol
	name     string         // of the operation
	params   map[string]any // of a query
	labels   map[string]any // of a REST path
}

// find reads the service, the protocol and the operation out of a request. Even
// when it fails, the protocol is the one to answer in.
func (r *Registry) find(req *http.Request, body []byte, s *signature) (target, *Error) {
	if path, ok := strings.CutPrefix(req.URL.Path, "/service/"); ok {
		if name, op, ok := strings.Cut(path, "/operation/"); ok {
			return r.findCBOR(req, name, op)
		}
	}
	if header := req.Header.Get("X-Amz-Target"); header != "" {
		return r.findJSON(req, header)
	}
	if t, ok, err := r.findREST(req, s); ok {
		return t, err
	}
	if (req.URL.Path == "/" || r.takesPath(s)) && (isForm(req) || strings.Contains(req.URL.RawQuery, "Action=")) {
		return r.findQuery(req, body, s)
	}
	return target{protocol: JSON11}, Errorf("UnknownOperationException",
		"No operation is known for %s %s: send an X-Amz-Target header, or a form with an Action.", clip(req.Method), clip(req.URL.Path)).WithStatus(http.StatusNotFound)
}

// takesPath tells whether a query for the service that the signature names may
// come to any path.
func (r *Registry) takesPath(s *signature) bool {
	return s != nil && slices.ContainsFunc(r.byName[s.service], func(c *service) bool { return c.spec.PathMember != "" })
}

func isForm(req *http.Request) bool {
	t, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	return err == nil && t == "application/x-www-form-urlencoded"
}

func (r *Registry) findJSON(req *http.Request, header string) (target, *Error) {
	t := target{protocol: JSON11}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-amz-json-1.0") {
		t.protocol = JSON10
	}
	prefix, op, _ := strings.Cut(header, ".")
	if i := strings.LastIndexByte(header, '.'); i >= 0 { // prefixes may hold dots
		if s := r.targets[header[:i]]; s != nil {
			prefix, op = header[:i], header[i+1:]
		}
	}
	t.service, t.name = r.targets[prefix], op
	if t.service == nil || !t.service.speaks(t.protocol) {
		return t, Errorf("UnknownOperationException", "No service is known for the X-Amz-Target %q.", clip(header))
	}
	return t, onlyMethod(req, http.MethodPost)
}

func (r *Registry) findCBOR(req *http.Request, name, op string) (target, *Error) {
	t := target{protocol: CBOR, service: r.targets[name], name: op}
	if req.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		return t, Errorf("UnknownOperationException", "Requests to /service/… need the header smithy-protocol: rpc-v2-cbor.").WithStatus(http.StatusNotFound)
	}
	if t.service == nil || !t.service.speaks(CBOR) {
		return t, Errorf("UnknownOperationException", "No service named %q speaks rpc-v2-cbor.", clip(name)).WithStatus(http.StatusNotFound)
	}
	return t, onlyMethod(req, http.MethodPost)
}

func onlyMethod(req *http.Request, allowed ...string) *Error {
	if slices.Contains(allowed, req.Method) {
		return nil
	}
	return Errorf("UnsupportedOperationException", "The method %s is not allowed here; use %s.", clip(req.Method), strings.Join(allowed, " or ")).WithStatus(http.StatusMethodNotAllowed)
}

// findQuery picks the service by signing name and version: one name can stand
// for several versions, and unsigned requests have only the version.
func (r *Registry) findQuery(req *http.Request, body []byte, s *signature) (target, *Error) {
	t := target{protocol: Query}
	candidates := r.services
	if s != nil {
		candidates = r.byName[s.service]
	}
	candidates = slices.DeleteFunc(slices.Clone(candidates), func(c *service) bool { return !c.speaks(Query) && !c.speaks(EC2Query) })
	if len(candidates) > 0 && s != nil && !candidates[0].speaks(Query) {
		t.protocol = EC2Query
	}
	form := string(body)
	if req.Method == http.MethodGet || len(body) == 0 || !isForm(req) {
		form = req.URL.RawQuery
	}
	params, err := parseQuery(form)
	if err != nil {
		return t, err.(*Error)
	}
	action, _ := params["Action"].(formValue)
	version, _ := params["Version"].(formValue)
	for _, name := range []string{"Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Content-Sha256"} {
		delete(params, name)
	}
	t.name, t.params = string(action), params
	for _, c := range candidates {
		if c.spec.Version == string(version) {
			t.service = c
		}
	}
	if version == "" && s != nil && len(candidates) == 1 { // people leave it out, and AWS does not mind
		t.service = candidates[0]
	}
	if t.service != nil && !t.service.speaks(Query) {
		t.protocol = EC2Query
	}
	if t.service != nil && t.service.spec.PathMember != "" && params[t.service.spec.PathMember] == nil && req.URL.Path != "/" {
		params[t.service.spec.PathMember] = formValue(req.URL.Path)
	}
	switch {
	case action == "":
		return t, Errorf("MissingAction", "The request has no Action.")
	case t.service == nil:
		return t, Errorf("InvalidAction", "Could not find operation %s for version %s.", clip(string(action)), clip(string(version)))
	}
	return t, onlyMethod(req, http.MethodPost, http.MethodGet)
}
