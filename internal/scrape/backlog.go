package scrape

import (
	"maps"
	"slices"

	"github.com/grue-ecs/grue/internal/queue"
)

var (
	engineWaits = desc("grue_engine_backlog", "Services and tasks that wait for a worker of the engine.", "kind")
	boxItems    = desc("grue_outbox_items", "Deliveries that were promised and not made yet, by what delivers them.", "outbox")
	boxRetrying = desc("grue_outbox_retrying_items", "Deliveries that failed at least once and are tried again.", "outbox")
	boxAge      = desc("grue_outbox_oldest_item_age_seconds", "Time since the oldest delivery was promised that was not made yet, in seconds; 0 = none waits.", "outbox")
	sqsMessages = desc("grue_sqs_messages", "Messages of an SQS queue, by state: visible, in_flight or delayed.", "account", "region", "queue", "state")
	sqsAge      = desc("grue_sqs_oldest_message_age_seconds", "Time since the oldest message of an SQS queue was sent, in seconds; 0 = it has none.", "account", "region", "queue")
)

// backlog reads what waits.
func (r *reader) backlog(o out) {
	services, tasks := r.Engine.Backlog()
	o.gauge(engineWaits, float64(services), "services")
	o.gauge(engineWaits, float64(tasks), "tasks")
	for _, name := range slices.Sorted(maps.Keys(r.Outboxes)) {
		l := r.Outboxes[name]()
		o.gauge(boxItems, float64(l.Items), name)
		o.gauge(boxRetrying, float64(l.Tried), name)
		o.gauge(boxAge, max(l.Oldest.Seconds(), 0), name)
	}
	r.Queues.Depths(func(d queue.Depth) {
		o.gauge(sqsMessages, float64(d.Visible), d.Account, d.Region, d.Name, "visible")
		o.gauge(sqsMessages, float64(d.InFlight), d.Account, d.Region, d.Name, "in_flight")
		o.gauge(sqsMessages, float64(d.Delayed), d.Account, d.Region, d.Name, "delayed")
		o.gauge(sqsAge, d.Oldest.Seconds(), d.Account, d.Region, d.Name)
	})
}
