// Package sqs is Amazon SQS, in awsjson 1.0, which today's SDKs speak, and in the
// query protocol of older ones.
//
// Queues and messages lie in internal/queue; this package checks requests in AWS's
// words and shapes answers. The URL of a queue begins with the address by which the
// client reached grue, so that it works for that client, inside of a task or
// outside; only its path, /account/name, names the queue. Requests may come to / or
// to that path.
//
// Other than in AWS: a purge and the deletion of a queue take effect at once, so
// they may be repeated at once, and the name is free; policies and keys are
// recorded, not enforced.
//
// Files: service.go, error.go, url.go; input.go (requests in which 0 and nothing
// are two things), queue.go, attribute.go, tag.go, permission.go (queues), send.go,
// receive.go, settle.go (delete, visibility), batch.go, move.go.
package sqs
