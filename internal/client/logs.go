package client

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// LogQuery says whose logs are wanted.
type LogQuery struct {
	Of        string // a service (name or ARN) or a task (id, its first 8 digits or more, or ARN)
	Container string // "" = all
	Filter    string // CloudWatch Logs' filter pattern; "" = all
	Since     time.Time
}

// LogLine is one log event of a container.
type LogLine struct {
	At        time.Time `json:"at"`
	Task      string    `json:"task"` // id
	Container string    `json:"container"`
	Message   string    `json:"message"`

	id string
}

// LogReader reads the logs of tasks, again and again.
type LogReader struct {
	client  *Client
	query   LogQuery
	oneTask bool

	definitions map[string][]logSource // by ARN of the task definition
	from        time.Time              // of the next look
	known       map[string]time.Time   // events that were read and may be seen again

	// Over: the one task that was asked for has stopped.
	Over bool
	// Without are containers whose logs are not in CloudWatch Logs, with the reason.
	Without []string
}

// overlap is how far back each look goes again: log events become visible later
// than they happened.
const overlap = 10 * time.Second

var taskForm = regexp.MustCompile(`^[0-9a-f]{8,32}$`)

// LogReader makes a reader; it calls nobody.
func (c *Client) LogReader(q LogQuery) *LogReader {
	one := taskForm.MatchString(q.Of) || strings.Contains(q.Of, ":task/")
	return &LogReader{client: c, query: q, oneTask: one, definitions: map[string][]logSource{}, from: q.Since, known: map[string]time.Time{}}
}

// Next returns the log lines that were not returned yet, in the order of their
// times. A log group or stream that does not exist yet has no lines.
func (r *LogReader) Next(ctx context.Context) ([]LogLine, error) {
	tasks, err := r.tasks(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[logSource]map[string]bool{} // task ids
	for _, t := range tasks {
		sources, err := r.sources(ctx, aws.ToString(t.TaskDefinitionArn))
		if err != nil {
			return nil, err
		}
		for _, src := range sources {
			if wanted[src] == nil {
				wanted[src] = map[string]bool{}
			}
			wanted[src][Last(aws.ToString(t.TaskArn))] = true
		}
	}
	var lines []LogLine
	for src, ids := range wanted {
		some, err := r.read(ctx, src, ids)
		if err != nil {
			return nil, err
		}
		lines = append(lines, some...)
	}
	slices.SortStableFunc(lines, func(a, b LogLine) int { return a.At.Compare(b.At) })
	r.forget(lines)
	r.Over = r.oneTask && !slices.ContainsFunc(tasks, func(t types.Task) bool { return aws.ToString(t.LastStatus) != "STOPPED" })
	return lines, nil
}

// tasks whose logs are wanted.
func (r *LogReader) tasks(ctx context.Context) ([]types.Task, error) {
	if !r.oneTask {
		return r.client.Tasks(ctx, r.query.Of, true)
	}
	t, err := r.client.Task(ctx, r.query.Of)
	if err != nil {
		return nil, err
	}
	return []types.Task{*t}, nil
}

// read reads what is new of one container in some tasks.
func (r *LogReader) read(ctx context.Context, src logSource, tasks map[string]bool) (lines []LogLine, err error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &src.group}
	if r.query.Filter != "" {
		in.FilterPattern = &r.query.Filter
	}
	if !r.from.IsZero() {
		in.StartTime = aws.Int64(r.from.UnixMilli())
	}
	stream := src.prefix + "/" + src.container + "/"
	if r.oneTask {
		for id := range tasks {
			in.LogStreamNames = []string{stream + id}
		}
	} else {
		in.LogStreamNamePrefix = &stream
	}
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(r.client.Logs, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, r.region(src))
		if Is(err, "ResourceNotFoundException") {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			if l, ok := r.line(&e, src, stream, tasks); ok {
				lines = append(lines, l)
			}
		}
	}
	return lines, nil
}

func (r *LogReader) line(e *logtypes.FilteredLogEvent, src logSource, stream string, tasks map[string]bool) (LogLine, bool) {
	task := strings.TrimPrefix(aws.ToString(e.LogStreamName), stream)
	id := src.group + " " + aws.ToString(e.LogStreamName) + " " + aws.ToString(e.EventId)
	at := time.UnixMilli(aws.ToInt64(e.Timestamp))
	if _, seen := r.known[id]; seen || !tasks[task] {
		return LogLine{}, false
	}
	r.known[id] = at
	return LogLine{At: at, Task: task, Container: src.container, Message: strings.TrimRight(aws.ToString(e.Message), "\r\n"), id: id}, true
}

// region sends a call where the container logs, when that is Amazon.
func (r *LogReader) region(src logSource) func(*cloudwatchlogs.Options) {
	return func(o *cloudwatchlogs.Options) {
		if r.client.Endpoint == "" && src.region != "" {
			o.Region = src.region
		}
	}
}

// forget moves the start of the next look to shortly before the newest line, and
// drops what cannot be seen again.
func (r *LogReader) forget(lines []LogLine) {
	if len(lines) == 0 {
		return
	}
	if from := lines[len(lines)-1].At.Add(-overlap); from.After(r.from) {
		r.from = from
	}
	for id, at := range r.known {
		if at.Before(r.from) {
			delete(r.known, id)
		}
	}
}
