package registry

import (
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/store"
)

// Repository is a repository and its settings, in ECR's words.
type Repository struct {
	Name       string
	CreatedAt  time.Time
	Mutability string   // MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION
	Exclusions []string // wildcard filters of tags
	ScanOnPush bool
	Encryption string // AES256, KMS, KMS_DSSE
	KMSKey     string
	Tags       map[string]string
	Policy     string // JSON, as given
	Lifecycle  string // JSON, as given
	Preview    string // lifecycle policy of the latest preview
	// LifecycleRun is when the lifecycle policy was applied last.
	LifecycleRun time.Time
}

// Image is one manifest of a repository.
type Image struct {
	Digest       blob.Digest
	MediaType    string
	ArtifactType string        // media type of the configuration, or artifactType
	Subject      blob.Digest   // what this manifest refers to, for referrers
	Children     []blob.Digest // of an index
	Layers       []blob.Digest // with the configuration
	Size         int64         // imageSizeInBytes
	Bytes        int64         // of the manifest itself
	PushedAt     time.Time
	LastPull     time.Time
	Annotations  map[string]string // of artifacts with a subject
	// Tags is filled in when an image is read, never stored.
	Tags []string `json:"-"`
}

// tag points at an image.
type tag struct {
	Digest blob.Digest
	At     time.Time
}

// layer is a blob that a repository may use.
type layer struct {
	Size int64
	At   time.Time
}

var (
	repositories = store.NewTable[Repository]("ecr-repository")
	images       = store.NewTable[Image]("ecr-image")
	tags         = store.NewTable[tag]("ecr-tag")
	layers       = store.NewTable[layer]("ecr-layer")
)

// ARN of the repository called name.
func ARN(s arn.Scope, name string) string {
	return arn.Make("ecr", s.Region, s.Account, "repository/"+name)
}

// URI of the repository called name: the host that task definitions use.
func URI(s arn.Scope, name string) string { return Host(s) + "/" + name }

// Host of the registry of an account and region.
func Host(s arn.Scope) string {
	suffix := ".amazonaws.com"
	if arn.Partition(s.Region) == "aws-cn" {
		suffix += ".cn"
	}
	return s.Account + ".dkr.ecr." + s.Region + suffix
}

func repositoryKey(s arn.Scope, name string) string { return s.Key(name) }

func digestKey(s arn.Scope, name string, d blob.Digest) string { return s.Key(name) + "@" + string(d) }

func tagKey(s arn.Scope, name, t string) string { return s.Key(name) + ":" + t }
