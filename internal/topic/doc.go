// Package topic keeps SNS topics and subscriptions, and delivers messages.
//
//	Publish(tx) ─► one item a subscription whose filter policy matches ─► outbox
//	                                                                        │ durable,
//	    http, https ◄── POST, signed ◄──────────────────────────────────────┤ at least
//	    lambda      ◄── the function's queue, an event with Records ◄───────┤ once
//	    sqs         ◄── the queue, in the transaction that ends the promise ┤
//	    email       ◄── a file in <dir>/<address>/<message id>.eml ◄────────┘
//
// A message is on disk when Publish's transaction is. Messages to one endpoint go
// in order, except where one has to be tried again: by the delivery policy of the
// subscription or the topic, by default AWS's four phases (3 tries at once, 2 a
// second apart, 10 with growing pauses, 35 every 20 seconds). An answer of 400 to
// 499, but for 408 and 429, is final, as in AWS. What is given up goes to the log and
// to the dead-letter queue of the subscription, where it has one.
//
// An HTTP subscription gets only a SubscriptionConfirmation until somebody visits
// its SubscribeURL, which leads to grue's own port. The mailboxes are directories
// of grue's own, so email needs no confirmation, other than in AWS. No
// UnsubscribeConfirmation is sent.
//
// Signatures are real: RSA, over the fields that AWS signs. The certificate is
// grue's own and self-signed; SigningCertURL leads to it at the address by which
// the subscriber's client reached grue. A library that validates messages accepts
// them once it is told that host: by default such libraries trust only hosts of
// amazonaws.com.
//
// Files: record.go (topics, subscriptions), change.go and confirm.go (their life),
// attribute.go (what can be set), publish.go, filter.go, message.go (what is
// sent), sign.go, deliver.go, post.go, mail.go, queue.go, retry.go.
package topic
