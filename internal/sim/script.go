package sim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// String is the scenario as a script:
//
//	seed 7
//	strategy ROLLING
//	service desired=4 min=100 max=200 zones=3 first=false
//	noise lose=10 repeat=5 late=10 restart=5 lag=0
//	config {"breaker":{"enable":true}}
//	at 1s update broken
//	at 9.5s desired 6
//	when BAKE_TIME 20ms stop ROLLBACK
func (sc Scenario) String() string {
	var b strings.Builder
	config, err := json.Marshal(sc.Config)
	if err != nil {
		panic(err) // plain data
	}
	fmt.Fprintf(&b, "seed %d\nstrategy %s\n", sc.Seed, sc.Strategy)
	fmt.Fprintf(&b, "service desired=%d min=%d max=%d zones=%d first=%t\n", sc.Desired, sc.Min, sc.Max, sc.Zones, sc.First)
	fmt.Fprintf(&b, "noise lose=%d repeat=%d late=%d restart=%d lag=%d slow=%d\n",
		sc.Noise.Lose, sc.Noise.Repeat, sc.Noise.Late, sc.Noise.Restart, sc.Noise.Lag, sc.Noise.Slow)
	fmt.Fprintf(&b, "config %s\n", config)
	for _, h := range sc.Happens {
		when := "at"
		if h.Place != "" {
			when = "when " + h.Place
		}
		fmt.Fprintln(&b, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", when, h.At, h.What, h.Arg)))
	}
	return b.String()
}

// Parse reads a script. Lines that begin with # are for people.
func Parse(script string) (Scenario, error) {
	var sc Scenario
	for n, line := range strings.Split(script, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := sc.line(line); err != nil {
			return sc, fmt.Errorf("line %d: %q: %w", n+1, line, err)
		}
	}
	switch sc.Strategy {
	case deploy.Rolling, deploy.BlueGreen, deploy.Canary, deploy.Linear:
	default:
		return sc, fmt.Errorf("no strategy is called %q", sc.Strategy)
	}
	if sc.Zones < 1 || sc.Desired < 0 || sc.Min < 0 || sc.Max < 0 {
		return sc, fmt.Errorf("no such service: desired=%d min=%d max=%d zones=%d", sc.Desired, sc.Min, sc.Max, sc.Zones)
	}
	return sc, nil
}

func (sc *Scenario) line(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	var err error
	switch word {
	case "seed":
		_, err = fmt.Sscan(rest, &sc.Seed)
	case "strategy":
		_, err = fmt.Sscan(rest, &sc.Strategy)
	case "service":
		_, err = fmt.Sscanf(rest, "desired=%d min=%d max=%d zones=%d first=%t", &sc.Desired, &sc.Min, &sc.Max, &sc.Zones, &sc.First)
	case "noise":
		rest, slow, _ := strings.Cut(rest, " slow=") // scripts from before there was one have none
		if slow != "" {
			if _, err = fmt.Sscan(slow, &sc.Noise.Slow); err != nil {
				return err
			}
		}
		_, err = fmt.Sscanf(rest, "lose=%d repeat=%d late=%d restart=%d lag=%d", &sc.Noise.Lose, &sc.Noise.Repeat, &sc.Noise.Late, &sc.Noise.Restart, &sc.Noise.Lag)
	case "config":
		err = json.Unmarshal([]byte(rest), &sc.Config)
	case "at":
		return sc.happens("", rest)
	case "when":
		place, rest, _ := strings.Cut(rest, " ")
		return sc.happens(place, rest)
	default:
		err = fmt.Errorf("no such line")
	}
	return err
}

// happens reads "9.5s desired 6".
func (sc *Scenario) happens(place, rest string) error {
	h := Happening{Place: place}
	var at string
	_, err := fmt.Sscan(rest, &at, &h.What)
	if err != nil {
		return err
	}
	if h.At, err = time.ParseDuration(at); err != nil {
		return err
	}
	if !known(h.What) {
		return fmt.Errorf("nothing is called %q", h.What)
	}
	_, h.Arg, _ = strings.Cut(strings.TrimSpace(strings.TrimPrefix(rest, at)), " ")
	sc.Happens = append(sc.Happens, h)
	return nil
}
