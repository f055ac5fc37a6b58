package fault

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Variables that Arm is meant to be given the values of.
const (
	Variable     = "GRUE_FAULT"
	OnceVariable = "GRUE_FAULT_ONCE"
)

// armed is set once, before other goroutines run; nil = no point does anything.
var armed *plan

// plan knows at which points to die.
type plan struct {
	file string // read again at each hit; "" = text is all
	once string // file of the points that fired; "" = fire at every chance

	mu   sync.Mutex
	text string         // as parsed into due
	due  map[string]int // hits left until death
	die  func()
}

// Arm makes the points of a plan deadly: "name", "name:3" for the third hit, several
// with commas between, or "@path" of a file with that text, which need not exist. once
// is a file for the names of the points that fired, one a line; "" = none. An
// empty plan arms nothing. Call it before the program starts to work.
func Arm(text, once string) error {
	if text == "" {
		return nil
	}
	p := &plan{once: once, die: die}
	if file, ok := strings.CutPrefix(text, "@"); ok {
		p.file = file
		if err := p.load(); err != nil {
			return err
		}
	} else if err := p.parse(text); err != nil {
		return err
	}
	armed = p
	return nil
}

// parse reads a plan; names that no point has are errors.
func (p *plan) parse(text string) error {
	due := map[string]int{}
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == ' ' }) {
		name, hit, counted := strings.Cut(item, ":")
		n := 1
		if counted {
			var err error
			if n, err = strconv.Atoi(hit); err != nil || n < 1 {
				return fmt.Errorf("%s: %q is not the number of a hit, such as %s:3", Variable, hit, name)
			}
		}
		if points[name] == nil {
			return fmt.Errorf("%s: there is no point %q; there are: %s", Variable, name, strings.Join(Names(), " "))
		}
		due[name] = n
	}
	p.text, p.due = text, due
	return nil
}

// load reads the plan's file if it changed.
func (p *plan) load() error {
	doc, err := os.ReadFile(p.file)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("%s: %w", Variable, err)
	}
	if text := string(doc); p.due == nil || text != p.text {
		return p.parse(text)
	}
	return nil
}

// hit counts a hit and ends the process when the point is due.
func (p *plan) hit(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != "" {
		if err := p.load(); err != nil {
			panic(err)
		}
	}
	left, ok := p.due[name]
	if !ok {
		return
	}
	if p.due[name] = left - 1; left != 1 || p.fired(name) {
		return
	}
	if err := p.note(name); err != nil {
		panic(fmt.Errorf("%s: %w", OnceVariable, err))
	}
	p.die()
}

// fired tells whether a process died at the point before.
func (p *plan) fired(name string) bool {
	if p.once == "" {
		return false
	}
	doc, _ := os.ReadFile(p.once) // nobody wrote it yet
	return slices.Contains(strings.Split(string(doc), "\n"), name)
}

// note writes down that the process dies at the point.
func (p *plan) note(name string) error {
	if p.once == "" {
		return nil
	}
	f, err := os.OpenFile(p.once, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(name + "\n")
	return err
}
