package cloudwatch

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// entry is a history item with its key.
type entry struct {
	key  string // time first: the order of the answer
	item *watch.Item
}

// DescribeAlarmHistory lists what happened to alarms, also to deleted ones,
// newest first unless ScanBy says otherwise.
func (s *Service) DescribeAlarmHistory(ctx context.Context, in *cw.DescribeAlarmHistoryInput) (*cw.DescribeAlarmHistoryOutput, error) {
	if in.StartDate != nil && in.EndDate != nil && in.EndDate.Before(*in.StartDate) {
		return nil, refused("The StartDate lies after the EndDate.")
	}
	if in.HistoryItemType != "" && !slices.Contains(in.HistoryItemType.Values(), in.HistoryItemType) {
		return nil, refused("1 validation error detected: Value '%s' at 'historyItemType' failed to satisfy constraint: Member must satisfy enum value set: %v", in.HistoryItemType, in.HistoryItemType.Values())
	}
	prefix := scopeOf(ctx).Key("")
	if in.AlarmName != nil {
		prefix = watch.HistoryPrefix(scopeOf(ctx), *in.AlarmName)
	}
	var all []entry
	s.o.Store.View(func(tx *store.Tx) {
		for key, item := range watch.History.Prefix(tx, prefix) {
			if wanted(item, in) {
				all = append(all, entry{key[strings.LastIndexByte(key, '/')+1:] + key, item})
			}
		}
	})
	sign := 1
	if in.ScanBy != types.ScanByTimestampAscending {
		sign = -1
	}
	slices.SortFunc(all, func(a, b entry) int { return sign * strings.Compare(a.key, b.key) })
	page, next, err := wire.Page(all, in.NextToken, int(get(in.MaxRecords)), 100, 100)
	if err != nil {
		return nil, pageError(in.MaxRecords)
	}
	out := &cw.DescribeAlarmHistoryOutput{AlarmHistoryItems: []types.AlarmHistoryItem{}, NextToken: next}
	for _, e := range page {
		i := e.item
		out.AlarmHistoryItems = append(out.AlarmHistoryItems, types.AlarmHistoryItem{
			AlarmName: aws.String(i.Name), AlarmType: i.Alarm, HistoryItemType: i.Type, Timestamp: aws.Time(i.At),
			HistorySummary: aws.String(i.Summary), HistoryData: aws.String(i.Data),
		})
	}
	return out, nil
}

func wanted(i *watch.Item, in *cw.DescribeAlarmHistoryInput) bool {
	kinds := in.AlarmTypes
	if len(kinds) == 0 && in.AlarmName == nil {
		kinds = []types.AlarmType{types.AlarmTypeMetricAlarm}
	}
	return (len(kinds) == 0 || slices.Contains(kinds, i.Alarm)) && (in.HistoryItemType == "" || in.HistoryItemType == i.Type) &&
		(in.StartDate == nil || !i.At.Before(*in.StartDate)) && (in.EndDate == nil || !i.At.After(*in.EndDate))
}
