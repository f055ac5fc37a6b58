package listening

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"

	"github.com/grue-ecs/grue/internal/link"
)

// File is the name of the keeper's socket in the directory of a proxy.
const File = "keeper.sock"

// Keeper holds sockets for the proxies of one data directory.
type Keeper struct {
	log      *slog.Logger
	listener *net.UnixListener
	wg       sync.WaitGroup

	mu    sync.Mutex
	files map[string]*os.File
	conns map[*net.UnixConn]bool
	ended bool
}

// Keep listens at path, in place of a keeper that may have been there.
func Keep(path string, log *slog.Logger) (*Keeper, error) {
	l, err := link.ListenUnix(path)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	k := &Keeper{log: log, listener: l, files: map[string]*os.File{}, conns: map[*net.UnixConn]bool{}}
	k.wg.Go(k.accept)
	return k, nil
}

func (k *Keeper) accept() {
	for {
		conn, err := k.listener.AcceptUnix()
		if err != nil {
			return
		}
		if !k.enter(conn) {
			conn.Close()
			return
		}
		k.wg.Go(func() { k.serve(conn) })
	}
}

// enter notes a connection, so that Close ends it.
func (k *Keeper) enter(conn *net.UnixConn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		return false
	}
	k.conns[conn] = true
	return true
}

func (k *Keeper) serve(conn *net.UnixConn) {
	defer func() {
		conn.Close()
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.conns, conn)
	}()
	for {
		f, file, err := receive(conn)
		if err == nil {
			err = k.answer(conn, f, file)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				k.log.Debug("a proxy left", "err", err)
			}
			return
		}
	}
}

// answer does what a message says; it owns the file.
func (k *Keeper) answer(conn *net.UnixConn, f frame, file *os.File) error {
	if f.Verb == verbKeep {
		if file == nil {
			return errNoFD
		}
		k.put(f.Name, file)
		return nil
	}
	if file != nil {
		file.Close()
	}
	switch f.Verb {
	case verbDrop:
		k.drop(f.Names)
	case verbTake:
		if err := k.give(conn); err != nil {
			return err
		}
	case verbPing:
	default:
		return fmt.Errorf("%w: %q", errVerb, f.Verb)
	}
	return send(conn, frame{Verb: verbDone}, nil)
}

func (k *Keeper) put(name string, file *os.File) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.files[name]; old != nil {
		old.Close()
	}
	if k.ended {
		file.Close()
		return
	}
	k.files[name] = file
}

func (k *Keeper) drop(names []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, name := range names {
		if f := k.files[name]; f != nil {
			f.Close()
			delete(k.files, name)
		}
	}
}

// give sends every socket. They stay here, too.
func (k *Keeper) give(conn *net.UnixConn) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, f := range k.files {
		raw, err := f.SyscallConn()
		if err != nil {
			return err
		}
		if err := send(conn, frame{Verb: verbKeep, Name: name}, raw); err != nil {
			return err
		}
	}
	return nil
}

// Len is how many sockets there are.
func (k *Keeper) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.files)
}

// Close closes every copy and ends all connections.
func (k *Keeper) Close() {
	k.listener.Close()
	k.mu.Lock()
	k.ended = true
	for name, f := range k.files {
		f.Close()
		delete(k.files, name)
	}
	for conn := range k.conns {
		conn.Close()
	}
	k.mu.Unlock()
	k.wg.Wait()
}
