// Package wire speaks AWS's protocols over the structs of the AWS SDK for Go.
//
//	HTTP ─► find ──────► authenticate ─► parse ─► decoder ─► handler(ctx, *XInput)
//	        service,     SigV4           JSON     one tree,     │
//	        protocol,                    query    one plan      ▼
//	        operation                    CBOR     per type   (*XOutput, error)
//	HTTP ◄─ answer ◄──── encoder: JSON, XML, CBOR ◄─────────────┘
//
// A service is a Spec and a value whose methods are its operations:
//
//	func (s *Service) CreateService(ctx context.Context, in *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error)
//
// The Go names of the SDK's fields are the names on the wire, in lower or upper
// camel case by service; exceptions.go lists the few others, and a `wire` tag
// names the members of structs that are not the SDK's. A plan holds all this for
// a type; it is made once. Pointers, slices and maps tell absent from zero:
// absent members are not written, numbers and booleans that are no pointers
// always are, as AWS does it.
//
// Handlers check required members themselves and return *Error in AWS's words;
// any other error is logged and answered as an internal failure.
//
// Where to change what: plan.go (names and kinds), json_encode.go, xml.go and
// cbor.go (answers), decode.go with query.go (requests), union.go and unions.go
// (unions), document.go (documents), sigv4.go (signatures), auth.go (who may
// call), decision.go (why a person calls), dispatch.go (whose request it is),
// serve.go (the way of a request), answer.go (answers and errors), rest.go (paths
// of REST services), page.go (paging). After an update of the SDK run TestModels.
package wire
