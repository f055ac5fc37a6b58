package logs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwl "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/grue-ecs/grue/internal/logs"
)

// PutLogEvents adds a batch to a stream.
func (s *Service) PutLogEvents(ctx context.Context, in *cwl.PutLogEventsInput) (*cwl.PutLogEventsOutput, error) {
	g, name, err := groupAndStream(in.LogGroupName, in.LogStreamName)
	if err != nil {
		return nil, err
	}
	batch := make([]logs.Input, len(in.LogEvents))
	for i, e := range in.LogEvents {
		if e.Timestamp == nil || *e.Timestamp < 0 {
			return nil, invalid("1 validation error detected: Value at 'logEvents.%d.member.timestamp' failed to satisfy constraint: Member must have value greater than or equal to 0", i+1)
		}
		batch[i] = logs.Input{Time: *e.Timestamp, Message: aws.ToString(e.Message)}
	}
	rejected, err := s.logs.Put(scopeOf(ctx), g, name, batch)
	if err != nil {
		return nil, asAWS(err)
	}
	return &cwl.PutLogEventsOutput{NextSequenceToken: aws.String(uploadToken), RejectedLogEventsInfo: rejectedInfo(rejected)}, nil
}

func rejectedInfo(r logs.Rejected) *types.RejectedLogEventsInfo {
	if r.TooNewFrom < 0 && r.TooOldUpTo < 0 && r.ExpiredUpTo < 0 {
		return nil
	}
	index := func(n int) *int32 {
		if n < 0 {
			return nil
		}
		return aws.Int32(int32(n))
	}
	return &types.RejectedLogEventsInfo{
		TooNewLogEventStartIndex: index(r.TooNewFrom),
		TooOldLogEventEndIndex:   index(r.TooOldUpTo),
		ExpiredLogEventEndIndex:  index(r.ExpiredUpTo),
	}
}

// GetLogEvents reads a page of a stream. At either end the token that was passed
// comes back: that is how clients know.
func (s *Service) GetLogEvents(ctx context.Context, in *cwl.GetLogEventsInput) (*cwl.GetLogEventsOutput, error) {
	g, err := groupOf(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	name, err := stream(in.LogStreamName)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(in.Limit, 0, 10_000)
	if err != nil {
		return nil, err
	}
	page, err := s.logs.Get(scopeOf(ctx), g, name, logs.Query{
		From: in.StartTime, To: in.EndTime, Limit: limit,
		FromHead: aws.ToBool(in.StartFromHead), Token: aws.ToString(in.NextToken),
	})
	if err != nil {
		return nil, asAWS(err)
	}
	out := &cwl.GetLogEventsOutput{
		Events: []types.OutputLogEvent{}, NextForwardToken: &page.Forward, NextBackwardToken: &page.Backward,
	}
	for _, e := range page.Events {
		out.Events = append(out.Events, types.OutputLogEvent{Timestamp: &e.Time, Message: &e.Message, IngestionTime: &e.Ingested})
	}
	return out, nil
}

// FilterLogEvents searches the streams of a group, interleaved by time.
func (s *Service) FilterLogEvents(ctx context.Context, in *cwl.FilterLogEventsInput) (*cwl.FilterLogEventsOutput, error) {
	g, err := groupOf(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(in.Limit, 0, 10_000)
	if err != nil {
		return nil, err
	}
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != nil {
		return nil, invalid("Cannot specify both logStreamNames and logStreamNamePrefix.")
	}
	if len(in.LogStreamNames) > 100 {
		return nil, invalid("1 validation error detected: Value at 'logStreamNames' failed to satisfy constraint: Member must have length less than or equal to 100")
	}
	found, next, err := s.logs.Filter(scopeOf(ctx), g, logs.FilterQuery{
		From: in.StartTime, To: in.EndTime, Streams: in.LogStreamNames, Prefix: aws.ToString(in.LogStreamNamePrefix),
		Pattern: aws.ToString(in.FilterPattern), Limit: limit,
		FromTail: in.StartFromHead != nil && !*in.StartFromHead, Token: aws.ToString(in.NextToken),
	})
	if err != nil {
		return nil, asAWS(err)
	}
	out := &cwl.FilterLogEventsOutput{Events: []types.FilteredLogEvent{}, SearchedLogStreams: []types.SearchedLogStream{}}
	if next != "" {
		out.NextToken = &next
	}
	for _, m := range found {
		out.Events = append(out.Events, types.FilteredLogEvent{
			EventId: &m.ID, LogStreamName: &m.Stream, Timestamp: &m.Time, Message: &m.Message, IngestionTime: &m.Ingested,
		})
	}
	return out, nil
}
