package logs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwl "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/wire"
)

// uploadToken stands where sequence tokens stood: PutLogEvents takes any, and
// older clients want to see one.
const uploadToken = "49039859628292299590"

// CreateLogStream makes a stream in a group.
func (s *Service) CreateLogStream(ctx context.Context, in *cwl.CreateLogStreamInput) (*cwl.CreateLogStreamOutput, error) {
	g, name, err := groupAndStream(in.LogGroupName, in.LogStreamName)
	if err != nil {
		return nil, err
	}
	return &cwl.CreateLogStreamOutput{}, asAWS(s.logs.CreateStream(scopeOf(ctx), g, name))
}

// DeleteLogStream deletes a stream with its events.
func (s *Service) DeleteLogStream(ctx context.Context, in *cwl.DeleteLogStreamInput) (*cwl.DeleteLogStreamOutput, error) {
	g, name, err := groupAndStream(in.LogGroupName, in.LogStreamName)
	if err != nil {
		return nil, err
	}
	return &cwl.DeleteLogStreamOutput{}, asAWS(s.logs.DeleteStream(scopeOf(ctx), g, name))
}

func groupAndStream(groupName, streamName *string) (g, st string, err error) {
	if g, err = group(groupName); err == nil {
		st, err = stream(streamName)
	}
	return g, st, err
}

// DescribeLogStreams lists the streams of a group by name or by time.
func (s *Service) DescribeLogStreams(ctx context.Context, in *cwl.DescribeLogStreamsInput) (*cwl.DescribeLogStreamsOutput, error) {
	g, err := groupOf(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	byTime := in.OrderBy == types.OrderByLastEventTime
	if byTime && aws.ToString(in.LogStreamNamePrefix) != "" {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	found, err := s.logs.Streams(scopeOf(ctx), g, aws.ToString(in.LogStreamNamePrefix), byTime)
	if err != nil {
		return nil, asAWS(err)
	}
	if aws.ToBool(in.Descending) {
		slices.Reverse(found)
	}
	page, next, err := wire.Page(found, in.NextToken, limit, 50, 50)
	if err != nil {
		return nil, asAWS(logs.ErrToken)
	}
	out := &cwl.DescribeLogStreamsOutput{LogStreams: []types.LogStream{}, NextToken: next}
	for _, st := range page {
		out.LogStreams = append(out.LogStreams, describeStream(&st))
	}
	return out, nil
}

// describeStream: AWS has answered 0 for storedBytes of streams since 2019.
func describeStream(st *logs.StreamInfo) types.LogStream {
	out := types.LogStream{
		LogStreamName: &st.Name, Arn: aws.String(st.ARN()), CreationTime: &st.Created,
		UploadSequenceToken: aws.String(uploadToken), StoredBytes: aws.Int64(0),
	}
	if st.Bytes > 0 {
		out.FirstEventTimestamp, out.LastEventTimestamp, out.LastIngestionTime = &st.First, &st.Last, &st.LastIngested
	}
	return out
}
