package wire

// Protocol is a way to put requests and answers into HTTP.
type Protocol int

// The protocols of AWS's services.
const (
	JSON10   Protocol = iota // awsjson 1.0: X-Amz-Target, application/x-amz-json-1.0
	JSON11                   // awsjson 1.1
	Query                    // form in, XML out
	EC2Query                 // EC2's dialect of Query
	RESTJSON                 // one path an operation, JSON bodies
	CBOR                     // rpc-v2-cbor: /service/{prefix}/operation/{name}
)

// Spec describes a service to the registry.
type Spec struct {
	Name           string     // SigV4 signing name: "ecs", "elasticloadbalancing", "monitoring"
	Protocols      []Protocol // those it answers in
	TargetPrefixes []string   // "AmazonEC2ContainerServiceV20141113"; CBOR's paths name them too
	Version        string     // of the query protocol: "2015-12-01"
	Namespace      string     // of XML: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"

	// LowerCase: JSON members are Go names with the first letter lowered
	// (ecs, ecr, logs); otherwise they are the Go names (ssm, acm).
	LowerCase bool
	// Exceptions maps "Type.Field" to the wire name of a member that deviates.
	Exceptions map[string]string

	// UnknownOperation is the code for an operation that the service does not
	// have; by default InvalidAction (query) or UnknownOperationException.
	UnknownOperation string
	// InternalError is the code for a failure of ours; by default
	// InternalFailure. ECS says ServerException, EC2 InternalError.
	InternalError string
	// ErrorCode turns the name of an exception into the code of the query
	// protocol; nil means TrimException.
	ErrorCode func(code string) string
	// QueryCompatible services repeat the query code in x-amzn-query-error when
	// they answer in JSON or CBOR (CloudWatch).
	QueryCompatible bool

	// QueryNames maps "Type.Field" to the name of a member in the query protocol,
	// where that differs from JSON (SQS).
	QueryNames map[string]string
	// Flat services write lists and maps of the query protocol without an element
	// around them, and the entries of maps as Name, or in Tag as Key, and Value (SQS).
	Flat bool
	// PathMember is the member that the path of a query stands for when the form
	// lacks it: a queue's URL is where SQS's older clients send their queries.
	PathMember string

	// Unsigned operations need no signature: AssumeRoleWithWebIdentity.
	Unsigned []string

	// Routes binds operations to methods and paths, for RESTJSON:
	// "Invoke": "POST /2015-03-31/functions/{FunctionName}/invocations". A third
	// word is the status of success where that is not 200.
	Routes map[string]string
	// Bindings places members outside the JSON body, for RESTJSON, by
	// "Type.Field": "query Qualifier", "header X-Amz-Log-Type", "payload" (the
	// member is the body) and, in outputs, "status".
	Bindings map[string]string
}
