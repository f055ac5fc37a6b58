package wire

import (
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync"
)

// buffers are reused between answers; DescribeServices makes large ones.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}

// maxKept is the largest buffer that goes back to the pool.
const maxKept = 1 << 20

// answer encodes the output of a handler. The error is only for the log: when
// there is one, the client has already got it.
func (x *exchange) answer(op *operation, out reflect.Value) *Error {
	buf := buffers.Get().(*[]byte)
	defer func() {
		if cap(*buf) <= maxKept {
			buffers.Put(buf)
		}
	}()
	if out.IsNil() { // an operation without output
		out = reflect.New(op.out)
	}
	var err error
	status := http.StatusOK
	b := (*buf)[:0]
	pl := x.service.outNames(x.protocol).of(op.out)
	switch x.protocol {
	case Query:
		b, err = x.queryAnswer(b, pl, out.Elem())
	case EC2Query:
		b, err = x.ec2Answer(b, pl, out.Elem())
	case CBOR:
		e := cborEncoder{b: b}
		e.structure(pl, out.Elem())
		b, err = e.b, e.err
	case RESTJSON:
		b, status, err = op.rest.encode(x, b, out.Elem())
	default:
		e := jsonEncoder{b: b}
		e.structure(pl, out.Elem())
		b, err = e.b, e.err
	}
	*buf = b
	if err != nil {
		x.log(slog.LevelError, "answer not encoded", "err", err)
		werr := x.internal()
		x.fail(werr)
		return werr
	}
	x.send(status, b)
	return nil
}

func (x *exchange) queryAnswer(b []byte, pl *plan, out reflect.Value) ([]byte, error) {
	e := xmlEncoder{b: b, item: "member", flat: x.service.spec.Flat}
	e.b = append(append(append(e.b, '<'), x.name...), `Response xmlns="`...)
	e.text(x.service.spec.Namespace)
	e.b = append(append(append(e.b, `"><`...), x.name...), "Result>"...)
	e.structure(pl, out)
	e.b = append(append(append(e.b, "</"...), x.name...), "Result><ResponseMetadata><RequestId>"...)
	e.b = append(append(e.b, x.requestID...), "</RequestId></ResponseMetadata></"...)
	e.b = append(append(e.b, x.name...), "Response>"...)
	return e.b, e.err
}

func (x *exchange) ec2Answer(b []byte, pl *plan, out reflect.Value) ([]byte, error) {
	e := xmlEncoder{b: b, item: "item"}
	e.b = append(e.b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<"...)
	e.b = append(append(e.b, x.name...), `Response xmlns="`...)
	e.text(x.service.spec.Namespace)
	e.b = append(append(append(e.b, `"><requestId>`...), x.requestID...), "</requestId>"...)
	e.structure(pl, out)
	e.b = append(append(append(e.b, "</"...), x.name...), "Response>"...)
	return e.b, e.err
}

// fail sends an error in the words of the protocol.
func (x *exchange) fail(err *Error) {
	var b []byte
	switch x.protocol {
	case Query:
		b = x.queryError(err)
	case EC2Query:
		b = x.ec2Error(err)
	case CBOR:
		b = x.cborError(err)
	default:
		b = x.jsonError(err)
	}
	x.send(err.status(), b)
}

// queryCode is the code of err in the query protocol.
func (x *exchange) queryCode(err *Error) string {
	if x.service != nil && x.service.spec.ErrorCode != nil {
		return x.service.spec.ErrorCode(err.Code)
	}
	return TrimException(err.Code)
}

func (x *exchange) queryError(err *Error) []byte {
	e := xmlEncoder{item: "member"}
	e.b = append(e.b, "<ErrorResponse"...)
	if x.service != nil {
		e.b = append(e.b, ` xmlns="`...)
		e.text(x.service.spec.Namespace)
		e.b = append(e.b, '"')
	}
	e.b = append(append(append(e.b, "><Error><Type>"...), err.fault()...), "</Type><Code>"...)
	e.text(x.queryCode(err))
	e.b = append(e.b, "</Code><Message>"...)
	e.text(err.Message)
	e.b = append(e.b, "</Message>"...)
	for _, name := range slices.Sorted(maps.Keys(err.Fields)) {
		v := reflect.ValueOf(err.Fields[name])
		e.element(name, upperNames.of(v.Type()), v)
	}
	e.b = append(append(append(e.b, "</Error><RequestId>"...), x.requestID...), "</RequestId></ErrorResponse>"...)
	return e.b
}

func (x *exchange) ec2Error(err *Error) []byte {
	e := xmlEncoder{item: "item"}
	e.b = append(e.b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Response><Errors><Error><Code>"...)
	e.text(err.Code)
	e.b = append(e.b, "</Code><Message>"...)
	e.text(err.Message)
	e.b = append(append(append(e.b, "</Message></Error></Errors><RequestID>"...), x.requestID...), "</RequestID></Response>"...)
	return e.b
}

func (x *exchange) jsonError(err *Error) []byte {
	x.errorHeaders(err)
	e := jsonEncoder{}
	e.b = append(e.b, `{"__type":`...)
	e.string(err.Code)
	e.b = append(e.b, `,"message":`...)
	e.string(err.Message)
	for _, name := range slices.Sorted(maps.Keys(err.Fields)) {
		v := reflect.ValueOf(err.Fields[name])
		e.b = append(e.b, ',')
		e.string(name)
		e.b = append(e.b, ':')
		e.value(x.fieldNames().of(v.Type()), v)
	}
	return append(e.b, '}')
}

func (x *exchange) cborError(err *Error) []byte {
	x.errorHeaders(err)
	e := cborEncoder{}
	e.head(cborMap, uint64(2+len(err.Fields)))
	e.text("__type")
	e.text(err.Code)
	e.text("message")
	e.text(err.Message)
	for _, name := range slices.Sorted(maps.Keys(err.Fields)) {
		v := reflect.ValueOf(err.Fields[name])
		e.text(name)
		e.value(x.fieldNames().of(v.Type()), v)
	}
	return e.b
}

func (x *exchange) fieldNames() *planner {
	if x.service == nil {
		return upperNames
	}
	return x.service.names(x.protocol)
}

func (x *exchange) errorHeaders(err *Error) {
	h := x.w.Header()
	if x.protocol == RESTJSON {
		h.Set("x-amzn-ErrorType", err.Code)
	}
	if x.service != nil && x.service.spec.QueryCompatible {
		h.Set("x-amzn-query-error", x.queryCode(err)+";"+err.fault())
	}
}

// contentTypes are what answers call themselves.
var contentTypes = map[Protocol]string{
	JSON10:   "application/x-amz-json-1.0",
	JSON11:   "application/x-amz-json-1.1",
	Query:    "text/xml",
	EC2Query: "text/xml;charset=UTF-8",
	RESTJSON: "application/json",
	CBOR:     "application/cbor",
}

func (x *exchange) send(status int, b []byte) {
	h := x.w.Header()
	if status == http.StatusNoContent {
		x.w.WriteHeader(status)
		return
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", contentTypes[x.protocol])
	}
	if x.protocol == CBOR {
		h.Set("smithy-protocol", "rpc-v2-cbor")
	}
	h.Set("Content-Length", strconv.Itoa(len(b)))
	x.w.WriteHeader(status)
	if _, err := x.w.Write(b); err != nil {
		x.log(slog.LevelDebug, "client left before the answer", "err", err)
	}
}
