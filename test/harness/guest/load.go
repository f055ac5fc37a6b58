package main

import (
	"runtime/debug"
	"sync"
)

// held is what "burn" and "hold" use until "rest".
var held struct {
	sync.Mutex
	stop   chan struct{}
	memory []byte
}

// burn uses one processor until "rest".
func burn([]string) string {
	held.Lock()
	defer held.Unlock()
	if held.stop != nil {
		return "burning already"
	}
	stop := make(chan struct{})
	held.stop = stop
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
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
		close(held.stop)
	}
	held.stop, held.memory = nil, nil
	debug.FreeOSMemory()
	return "ok"
}
