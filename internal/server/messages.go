package server

import (
	"fmt"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
)

// openQueues makes SQS's queues; topics and buses deliver to them.
func (s *server) openQueues() error {
	s.queues = queue.New(queue.Options{Store: s.store, Metrics: s.metrics, Log: s.log})
	return nil
}

// openMessages makes SNS's topics and EventBridge's buses. They need functions,
// logs and secrets; alarms need them.
func (s *server) openMessages() (err error) {
	url, _ := s.ownEndpoint()
	m := messages{functions: s.functions}
	s.topics = topic.New(topic.Options{
		Store: s.store, Mail: s.path("mail"), Endpoint: url, Invoke: m.Invoke, Queues: s.queues, Log: s.log,
	})
	m.topics = s.topics
	s.messages = m
	s.buses, err = bus.New(bus.Options{
		Store: s.store, Vault: s.vault, Logs: s.logs, Invoke: m.Invoke, Minute: s.opts.Minute, Log: s.log,
		Queues:  s.queues,
		Publish: func(tx *store.Tx, topicARN, message string) error { return m.Publish(tx, topicARN, "", message) },
	})
	return err
}

// messages promise calls of functions and messages to topics in a transaction,
// for alarms, rules and topics.
type messages struct {
	functions *function.Functions
	topics    *topic.Topics
}

// Publish sends a message to an SNS topic.
func (m messages) Publish(tx *store.Tx, topicARN, subject, message string) error {
	_, err := m.topics.Publish(tx, topicARN, &topic.Message{Subject: subject, Body: message})
	return err
}

// Invoke queues an event for a Lambda function.
func (m messages) Invoke(tx *store.Tx, functionARN string, event []byte) error {
	r, err := function.Parse(arn.Scope{}, functionARN)
	if err != nil {
		return fmt.Errorf("%w: %w", function.ErrNotFound, err)
	}
	return m.functions.EnqueueTx(tx, function.Request{Reference: r, Payload: event})
}
