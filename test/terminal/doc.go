// Package terminal drives the command line in a real terminal: tmux.
//
// The tests are slow ones: they need tmux, root and a real grue.
package terminal
