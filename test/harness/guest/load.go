package main

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// held is what "burn" and "hold" use until "rest".
var held struct {
	sync.Mutex
	stop   *atomic.Bool
	memory []byte
}

// burn uses one processor until "rest".
func burn([]string) string {
	held.Lock()
	defer held.Unlock()
	if held.stop != nil {
		return "burning already"
	}
	stop := new(atomic.Bool)
	held.stop = stop
	go func() {
		for !stop.Load() {
		}
	}()
	return "ok"
}

// hold keeps so many MiB of memory until "rest".
func hold(arg []string) string {
	held.Lock()
	defer held.Unlock()
	held.memory = make([]byte, number(arg[0])<<20)
	for i := range held.memory {
		held.memory[i] = 1
	}
	return "ok"
}

// rest ends "burn" and "hold".
func rest([]string) string {
	held.Lock()
	defer held.Unlock()
	if held.stop != nil {
		held.stop.Store(true)
	}
	held.stop, held.memory = nil, nil
	debug.FreeOSMemory()
	return "ok"
}
