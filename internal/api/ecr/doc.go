// Package ecr is Amazon Elastic Container Registry's API over
// internal/image/registry, which also speaks the Docker/OCI protocol on /v2/.
//
//	CreateRepository … DeleteRepository     repository.go
//	PutImageTagMutability, scanning         mutability.go
//	repository policy, lifecycle policy     policy.go, preview.go
//	ListImages, DescribeImages              image.go
//	BatchGetImage, BatchDeleteImage         batch.go
//	PutImage, layer uploads                 put.go, layer.go
//	StartImageScan and its findings         scan.go
//	GetAuthorizationToken                   token.go
//	tags                                    tag.go
//
// Repository policies are kept and returned; they are not enforced, for every
// client is the owner of its registry. Lifecycle policies are applied. There is
// no vulnerability scanner: a scan answers what ECR answers for an image that
// it cannot scan.
package ecr
