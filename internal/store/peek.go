package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Snapshot is the state of one moment, read from the file without a lock: another
// process may hold it, and goes on.
type Snapshot struct {
	Schema, Epoch, LastEvent uint64

	disk  *disk
	trees trees
	odd   int // records that this program cannot read
}

// Peek reads the state in file path and changes nothing. It is for diagnosis:
// records that cannot be decoded are left out and counted. Close it.
func Peek(path string) (*Snapshot, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db, err := sql.Open("sqlite", "file:"+uriPath.Replace(path)+"?mode=ro&_pragma=busy_timeout(2000)&_pragma=query_only(1)")
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db.SetMaxOpenConns(1)
	s := &Snapshot{disk: &disk{db: db}, trees: trees{}}
	if err := s.read(); err != nil {
		db.Close()
		return nil, fmt.Errorf("store: read %s: %w", path, explain(err))
	}
	return s, nil
}

func (s *Snapshot) read() (err error) {
	if s.Schema, err = s.disk.meta("schema"); err != nil {
		return err
	}
	if s.Epoch, err = s.disk.meta("epoch"); err != nil {
		return err
	}
	if err := s.disk.db.QueryRow(`SELECT COALESCE(MAX(seq), 0) FROM events`).Scan(&s.LastEvent); err != nil {
		return err
	}
	decodersMu.RLock()
	defer decodersMu.RUnlock()
	for kind := range decoders {
		s.trees[kind] = newTree()
	}
	rows, err := s.disk.db.Query(`SELECT kind, id, doc FROM records`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, id string
		var doc []byte
		if err := rows.Scan(&kind, &id, &doc); err != nil {
			return err
		}
		var v any = json.RawMessage(doc)
		if dec, ok := decoders[kind]; ok {
			if v, err = dec(doc); err != nil {
				s.odd++
				continue
			}
		}
		if s.trees[kind] == nil {
			s.trees[kind] = newTree()
		}
		s.trees[kind].ReplaceOrInsert(item{id, v})
	}
	return rows.Err()
}

// View runs fn on the snapshot; fn must not write.
func (s *Snapshot) View(fn func(*Tx)) { fn(&Tx{trees: s.trees, readonly: true}) }

// Records counts the records of each kind, those of kinds that this program does
// not know included, and those that it cannot read.
func (s *Snapshot) Records() (kinds map[string]int, unreadable int) {
	kinds = map[string]int{}
	for kind, tree := range s.trees {
		if n := tree.Len(); n > 0 {
			kinds[kind] = n
		}
	}
	return kinds, s.odd
}

// Events is Store.Events.
func (s *Snapshot) Events(after uint64, limit int) ([]Event, error) {
	return s.disk.events(after, limit)
}

// Close frees the file.
func (s *Snapshot) Close() error {
	if s.disk == nil {
		return errors.New("store: closed")
	}
	return s.disk.db.Close()
}
