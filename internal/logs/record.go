package logs

import (
	"net/url"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Group is a log group.
type Group struct {
	arn.Scope
	Name      string
	Created   int64 // milliseconds, as everywhere in CloudWatch Logs
	Retention int   // days, 0 = for ever
	Class     string
	KMSKey    string
	Protected bool // against deletion
	Tags      map[string]string
}

// Stream is a log stream.
type Stream struct {
	arn.Scope
	Group, Name string
	Created     int64
	ID          string // of its directory
}

// following is a container's log file that is being read into a stream.
type following struct {
	File      string
	Scope     arn.Scope
	Group     string
	Stream    string
	Multiline string           // regular expression of an event's first line; "" = every line
	Salt      uint32           // sets its frames apart from those of other files
	Offsets   map[uint32]int64 // how far its generations were read, at least
	Done      bool
}

var (
	groups     = store.NewTable[Group]("loggroup")
	streams    = store.NewTable[Stream]("logstream")
	followings = store.NewTable[following]("logfollowing")
)

// Names hold slashes, and keys are made of slashes, so names are escaped in
// keys; a prefix of a name stays a prefix of its key.

func groupKey(s arn.Scope, group string) string { return s.Key(url.PathEscape(group)) }

func streamPrefix(s arn.Scope, group string) string { return s.Key(url.PathEscape(group), "") }

func streamKey(s arn.Scope, group, stream string) string {
	return s.Key(url.PathEscape(group), url.PathEscape(stream))
}

// ARN of the group, without the ":*" that some operations add.
func (g *Group) ARN() string {
	return arn.Make("logs", g.Region, g.Account, "log-group:"+g.Name)
}

// ARN of the stream.
func (s *Stream) ARN() string {
	return arn.Make("logs", s.Region, s.Account, "log-group:"+s.Group+":log-stream:"+s.Name)
}
