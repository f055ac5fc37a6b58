package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// told is one line of a worker's log: an order that it told.
type told struct {
	Order    string `json:"told"`
	By       string `json:"by"` // service revision
	Version  string `json:"version"`
	Received int64  `json:"received"` // Unix milliseconds
}

// messages is what became of the orders.
type messages struct {
	Accepted int            `json:"accepted"` // by the orders service
	Told     int            `json:"told"`     // different ones
	Lost     int            `json:"lost"`
	Twice    int            `json:"twice"`
	Mixed    int            `json:"mixed"` // taken by a revision while another was active
	Versions map[string]int `json:"versions"`
}

// emptyQueue waits until no message is left.
func (w *watch) emptyQueue(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("the queue does not become empty"))
	defer cancel()
	found, err := w.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("unicorn-orders")})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		out, err := w.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: found.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
		})
		if err != nil {
			return err
		}
		visible, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
		taken, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
		if visible+taken == 0 {
			return nil
		}
		sleep(ctx, look)
	}
	return context.Cause(ctx)
}

// account reads what the workers wrote, until all that was accepted is there or it
// is clear that it will not come.
func (w *watch) account(ctx context.Context, accepted int) (messages, error) {
	var m messages
	for until := time.Now().Add(10 * time.Second); ; sleep(ctx, look) {
		lines, err := w.workerLog(ctx)
		if err != nil {
			return m, err
		}
		m = tally(lines, accepted)
		if m.Lost == 0 || time.Now().After(until) || ctx.Err() != nil {
			return m, ctx.Err()
		}
	}
}

func (w *watch) workerLog(ctx context.Context) (out []told, err error) {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(w.logs, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String("/unicorns/notifications"), FilterPattern: aws.String("told"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			if !strings.HasPrefix(*e.Message, "{") {
				continue // what else a worker has to say
			}
			var t told
			if err := json.Unmarshal([]byte(*e.Message), &t); err != nil {
				return nil, fmt.Errorf("a worker wrote %q: %w", *e.Message, err)
			}
			out = append(out, t)
		}
	}
	return out, nil
}

// between is the least time between the last message of a turn and the first of the
// next: the hook keeps it quiet for longer.
const between = 500 // milliseconds

// tally counts. Revisions take turns, with some quiet in between: a message that one
// took right after another did is out of turn.
func tally(lines []told, accepted int) messages {
	slices.SortFunc(lines, func(a, b told) int { return int(a.Received - b.Received) })
	m := messages{Accepted: accepted, Versions: map[string]int{}}
	seen := map[string]bool{}
	for i, t := range lines {
		if seen[t.Order] {
			m.Twice++
		}
		seen[t.Order] = true
		m.Versions[t.Version]++
		if i > 0 && lines[i-1].By != t.By && t.Received-lines[i-1].Received < between {
			m.Mixed++
		}
	}
	m.Told = len(seen)
	m.Lost = max(0, accepted-m.Told)
	return m
}
