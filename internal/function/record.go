package function

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Latest is the version that can be changed.
const Latest = "$LATEST"

// Function is what all versions of a function share.
type Function struct {
	arn.Scope
	Name     string
	Next     int    // number of the next version to be published
	Reserved *int32 // concurrency; nil = unreserved
	Tags     map[string]string
	Aliases  map[string]Alias
	// Policies are the resource policies by qualifier; "" is the function's own.
	Policies map[string]Policy
	// Async are the settings of asynchronous invocations by qualifier.
	Async map[string]Async
}

// Alias points at a version, or at two of them by weight.
type Alias struct {
	Version, Description, Revision string
	Weights                        map[string]float64 // of further versions
}

// Policy is a resource-based policy: statements in JSON by id.
type Policy struct {
	Revision   string
	Statements []Statement
}

// Statement is one permission.
type Statement struct {
	ID   string
	JSON string
}

// Async says how often and how long an event is tried.
type Async struct {
	Retries  *int32 // nil = 2
	Age      *int32 // seconds, nil = 6 hours
	Modified time.Time
}

// Version is a version of a function: configuration and code.
type Version struct {
	arn.Scope
	Config types.FunctionConfiguration // as the API shows it
	// Digest of the code: hexadecimal for a zip, sha256:… for an image.
	Digest string
	// ImageURI is the image as CreateFunction or UpdateFunctionCode named it; ""
	// for a zip.
	ImageURI string
}

// Image tells whether the code is a container image.
func (v *Version) Image() bool { return v.ImageURI != "" }

// Name of the function.
func (v *Version) Name() string { return *v.Config.FunctionName }

// Number is "$LATEST" or the number of the version.
func (v *Version) Number() string { return *v.Config.Version }

// Event is an asynchronous invocation that waits for its turn.
type Event struct {
	arn.Scope
	Name, Qualifier string
	ID              string
	Payload         []byte
	ClientContext   string
	Created, Due    time.Time
	Failures        int // of the function
	Throttles       int
}

var (
	functions = store.NewTable[Function]("lambda.function")
	versions  = store.NewTable[Version]("lambda.version")
	events    = store.NewTable[Event]("lambda.event")
)

// ARN of a function, or of one of its versions or aliases.
func ARN(s arn.Scope, name, qualifier string) string {
	a := arn.Make("lambda", s.Region, s.Account, "function:"+name)
	if qualifier != "" {
		a += ":" + qualifier
	}
	return a
}
