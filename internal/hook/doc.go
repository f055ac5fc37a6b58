// Package hook calls the lifecycle hooks of service deployments: Lambda
// functions, HTTP(S) URLs and one-off tasks. It makes the event that they get and
// reads the answer that they give.
package hook
