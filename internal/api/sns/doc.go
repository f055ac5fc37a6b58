// Package sns is Amazon SNS: topics, subscriptions and messages, over the query
// protocol. What happens to messages is internal/topic's.
//
// Subscriptions have the protocols http, https, email, email-json and lambda;
// others are refused. There are no FIFO topics, no SMS and no mobile push.
// Policies are recorded, not enforced.
//
// ConfirmSubscription and Unsubscribe need no signature: they are links in
// messages.
//
// Files: service.go, error.go, topic.go, subscription.go, attribute.go, publish.go,
// batch.go, permission.go, tag.go.
package sns
