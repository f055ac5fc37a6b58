package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"modernc.org/sqlite" // and driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// schema is version 1 of the file. Later versions add a step to migrate.
const schema = `
CREATE TABLE IF NOT EXISTS records (kind TEXT NOT NULL, id TEXT NOT NULL, doc BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, doc BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;`

const schemaVersion = 1

// disk is the SQLite file and the lock that keeps a second process out.
type disk struct {
	db      *sql.DB
	lock    *os.File
	epoch   uint64
	lastSeq uint64
	keep    uint64

	put, del, event *sql.Stmt
}

func openDisk(path string, keep uint64) (*disk, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("store: %s is in use by another grue; stop it, or choose another --data", path)
	}
	if err := private(path); err != nil {
		lock.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	dsn := "file:" + uriPath.Replace(path) + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_pragma=cache_size(-2000)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	db.SetMaxOpenConns(1)
	d := &disk{db: db, lock: lock, keep: keep}
	if err := d.init(); err != nil {
		d.close()
		return nil, fmt.Errorf("store: open %s: %w", path, explain(err))
	}
	return d, nil
}

// explain turns SQLite's codes into what a person can act on.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the rest tells where it happened
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", err, syscall.ENOSPC)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w; the file is damaged and was left as it is: put a copy of it back, or choose another --data DIR to begin anew", err)
	}
	return err
}

// uriPath keeps a path from meaning anything in a URI.
var uriPath = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")

// private keeps the state from other users: it holds keys of access. SQLite gives
// its other files the mode of this one.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func (d *disk) init() error {
	if _, err := d.db.Exec(schema); err != nil {
		return err
	}
	v, err := d.meta("schema")
	if err != nil {
		return err
	}
	if v > schemaVersion {
		return fmt.Errorf("the state was written by a newer grue (schema %d, this one knows %d): run that one, or choose another --data DIR", v, schemaVersion)
	}
	epoch, err := d.meta("epoch")
	if err != nil {
		return err
	}
	d.epoch = epoch + 1
	if _, err := d.db.Exec(`INSERT OR REPLACE INTO meta VALUES ('schema', ?), ('epoch', ?)`, schemaVersion, d.epoch); err != nil {
		return err
	}
	if err := d.db.QueryRow(`SELECT COALESCE(MAX(seq), 0) FROM events`).Scan(&d.lastSeq); err != nil {
		return err
	}
	return d.prepare()
}

// prepare compiles the statements of write.
func (d *disk) prepare() (err error) {
	for _, x := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&d.put, `INSERT INTO records VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET doc = excluded.doc`},
		{&d.del, `DELETE FROM records WHERE kind = ? AND id = ?`},
		{&d.event, `INSERT INTO events VALUES (?, ?)`},
	} {
		if *x.stmt, err = d.db.Prepare(x.text); err != nil {
			return err
		}
	}
	return nil
}

func (d *disk) meta(key string) (v uint64, err error) {
	err = d.db.QueryRow(`SELECT value FROM meta WHERE key = ?`, key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return v, err
}

// load reads every record into memory.
func (d *disk) load() (trees, error) {
	decodersMu.RLock()
	defer decodersMu.RUnlock()
	rows, err := d.db.Query(`SELECT kind, id, doc FROM records`)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer rows.Close()
	t := trees{}
	for kind := range decoders {
		t[kind] = newTree()
	}
	for rows.Next() {
		var kind, id string
		var doc []byte
		if err := rows.Scan(&kind, &id, &doc); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		var v any = json.RawMessage(doc)
		if dec, ok := decoders[kind]; ok {
			if v, err = dec(doc); err != nil {
				return nil, fmt.Errorf("store: record %s %s: %w", kind, id, err)
			}
		}
		if t[kind] == nil {
			t[kind] = newTree()
		}
		t[kind].ReplaceOrInsert(item{id, v})
	}
	return t, rows.Err()
}

// write makes a batch durable in one transaction.
func (d *disk) write(b *batch, lastSeq uint64) (err error) {
	tx, err := d.db.Begin()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer func() {
		if err != nil {
			tx.Rollback()
			err = fmt.Errorf("store: write: %w", explain(err))
		}
	}()
	put, del, event := tx.Stmt(d.put), tx.Stmt(d.del), tx.Stmt(d.event)
	for _, w := range b.final() {
		if w.doc == nil {
			_, err = del.Exec(w.kind, w.id)
		} else {
			_, err = put.Exec(w.kind, w.id, w.doc)
		}
		if err != nil {
			return err
		}
	}
	for _, c := range b.commits {
		for _, e := range c.Events {
			doc, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if _, err := event.Exec(e.Seq, doc); err != nil {
				return err
			}
		}
	}
	if lastSeq > d.keep && lastSeq%1000 == 0 {
		if _, err := tx.Exec(`DELETE FROM events WHERE seq <= ?`, lastSeq-d.keep); err != nil {
			return err
		}
	}
	faultCommit.Hit()
	return tx.Commit()
}

func (d *disk) events(after uint64, limit int) ([]Event, error) {
	rows, err := d.db.Query(`SELECT seq, doc FROM events WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer rows.Close()
	var out []Event
	for rows.Next() {
		var seq uint64
		var doc []byte
		var e Event
		if err := rows.Scan(&seq, &doc); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		if err := json.Unmarshal(doc, &e); err != nil {
			return nil, fmt.Errorf("store: event %d: %w", seq, err)
		}
		e.Seq = seq
		out = append(out, e)
	}
	return out, rows.Err()
}

func (d *disk) close() error {
	err := d.db.Close()
	d.lock.Close()
	return err
}
