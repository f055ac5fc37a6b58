// Package unicornwatch runs examples/unicornwatch from end to end, and checks its
// files against the AWS SDK.
package unicornwatch
