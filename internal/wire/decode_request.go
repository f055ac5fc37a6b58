package wire

import (
	"bytes"
	"errors"
	"net/http"
	"reflect"
)

// decode makes the handler's input out of the request.
func (x *exchange) decode(op *operation, body []byte) (reflect.Value, *Error) {
	in := reflect.New(op.in)
	var tree any
	var err error
	dry := false
	d := decoder{unknown: x.unknownMember}
	switch x.protocol {
	case Query:
		tree, d.form = x.params, true
	case EC2Query:
		tree, d.form, dry = x.params, true, x.params["DryRun"] == formValue("true")
		delete(x.params, "DryRun")
	case CBOR:
		tree, err = parseCBOR(body)
	case RESTJSON:
		return in, x.badRequest(op.rest.decode(x, &d, body, in.Elem()))
	default:
		if len(bytes.TrimSpace(body)) > 0 { // none for an operation without input
			err = d.placeJSON(body, x.service.names(x.protocol).of(op.in), in.Elem())
		}
	}
	if err == nil && tree != nil {
		err = d.place(x.service.names(x.protocol).of(op.in), tree, in.Elem())
	}
	if err == nil && dry {
		err = Errorf("DryRunOperation", "Request would have succeeded, but DryRun flag is set.").WithStatus(http.StatusPreconditionFailed)
	}
	return in, x.badRequest(err)
}

// parseBody reads the JSON body of a REST request, which may have none.
func parseBody(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	return parseJSON(body)
}

// badRequest words an error of decoding for the protocol.
func (x *exchange) badRequest(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	code := "SerializationException"
	switch x.protocol {
	case Query:
		code = "ValidationError"
	case EC2Query:
		code = "InvalidParameterValue"
	}
	return Errorf(code, "%v", err)
}
