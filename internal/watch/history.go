package watch

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Item is one entry of an alarm's history. It outlives the alarm.
type Item struct {
	arn.Scope
	Name    string
	Alarm   types.AlarmType
	Type    types.HistoryItemType
	At      time.Time
	Summary string
	Data    string // JSON
}

// History by account/region/escaped name/time.
var History = store.NewTable[Item]("cloudwatch.history")

const (
	keepHistory = 30 * 24 * time.Hour
	maxHistory  = 1000 // items of one alarm
	maxSummary  = 255
	maxItemData = 4095
)

// HistoryPrefix is the key under which the history of an alarm lies.
func HistoryPrefix(s arn.Scope, name string) string { return s.Key(url.PathEscape(name), "") }

// record appends an item to the history of an alarm and drops what is too old.
func (w *Watcher) record(tx *store.Tx, a *Alarm, kind types.HistoryItemType, now time.Time, summary string, data any) {
	prefix := HistoryPrefix(a.Scope, a.Name)
	doc, err := json.Marshal(data)
	if err != nil || len(doc) > maxItemData {
		doc, _ = json.Marshal(map[string]string{"version": "1.0", "note": "The details are longer than a history item holds."})
	}
	History.Put(tx, prefix+fmt.Sprintf("%020d-%06d", now.UnixNano(), w.items.Add(1)%1e6), &Item{
		Scope: a.Scope, Name: a.Name, Alarm: a.Type(), Type: kind, At: now,
		Summary: alarm.Clip(summary, maxSummary), Data: string(doc),
	})
	var keys []string
	for key, item := range History.Prefix(tx, prefix) {
		if now.Sub(item.At) > keepHistory {
			History.Delete(tx, key)
			continue
		}
		keys = append(keys, key)
	}
	for len(keys) > maxHistory {
		History.Delete(tx, keys[0])
		keys = keys[1:]
	}
}
