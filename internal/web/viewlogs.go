package web

// LogGroupItem is one element of GET /ui/api/logs/groups.
type LogGroupItem struct {
	Name      string `json:"name"`
	Retention int    `json:"retention"` // days; 0 = for ever
	Bytes     int64  `json:"bytes"`
}

// LogStreamItem is one element of GET /ui/api/logs/streams?group=, newest first.
type LogStreamItem struct {
	Name  string `json:"name"`
	Last  Time   `json:"last,omitzero"` // newest event
	Bytes int64  `json:"bytes"`
}

// LogLines is the data of the events "lines" of GET /ui/live/logs, and the answer of
// GET /ui/api/logs/older.
type LogLines struct {
	// Reset says that these lines replace what was sent before.
	Reset bool      `json:"reset,omitempty"`
	Lines []LogLine `json:"lines"` // oldest first
	// Older is to be given to /ui/api/logs/older for the lines before these; "" =
	// there are none. Only with Reset and in answers of that route.
	Older string `json:"older,omitempty"`
}

// LogLine is one log event.
type LogLine struct {
	ID      string `json:"id"` // unique in its group
	Time    int64  `json:"t"`  // milliseconds since 1970
	Stream  string `json:"s,omitempty"`
	Message string `json:"m"`
}
