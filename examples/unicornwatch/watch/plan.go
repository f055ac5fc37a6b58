package main

import "github.com/grue-ecs/grue/examples/unicornwatch/unicorn"

// services in the order in which the summary names them.
var services = []string{"ui", "catalog", "orders", "notifications", "streaming"}

// Who can notice a bad version.
const (
	byHook    = "hook"
	byAlarm   = "alarm"
	byBreaker = "circuit breaker"
	byPerson  = "person"
)

// scenario is one deployment and what shall come of it.
type scenario struct {
	service, version, bad string
	strategy              string
	script                []string
	noticed               string // who shall notice; "" = it is a good version
	unseen                bool   // no customer may see it
	steer                 steer
}

// plan is what is deployed to each service, one after the other.
var plan = map[string][]scenario{
	"ui": {
		{version: "v2", strategy: "BLUE_GREEN", script: []string{"ui/approval.sh", "v2"}, steer: tester("approved", "rejected")},
		{
			version: "v3", bad: unicorn.Wrong, strategy: "BLUE_GREEN", script: []string{"ui/approval.sh", "v3", unicorn.Wrong},
			noticed: byPerson, unseen: true, steer: tester("approved", "rejected"),
		},
		{version: "v4", strategy: "BLUE_GREEN, pause", script: []string{"ui/pause.sh", "v4"}, steer: pauser},
		{
			version: "v5", bad: unicorn.Wrong, strategy: "BLUE_GREEN, pause", script: []string{"ui/pause.sh", "v5", unicorn.Wrong},
			noticed: byPerson, unseen: true, steer: pauser,
		},
	},
	"catalog": {
		{version: "v2", strategy: "CANARY", script: []string{"catalog/canary.sh", "v2"}},
		{
			version: "v3", bad: unicorn.Slow, strategy: "CANARY", script: []string{"catalog/canary.sh", "v3", unicorn.Slow},
			noticed: byHook, unseen: true,
		},
		{version: "v4", bad: unicorn.Wrong, strategy: "CANARY", script: []string{"catalog/canary.sh", "v4", unicorn.Wrong}, noticed: byHook},
	},
	"orders": {
		{version: "v2", strategy: "LINEAR", script: []string{"orders/linear.sh", "v2"}},
		{version: "v3", bad: unicorn.Errors, strategy: "LINEAR", script: []string{"orders/linear.sh", "v3", unicorn.Errors}, noticed: byAlarm},
	},
	"notifications": {
		{version: "v2", strategy: "BLUE_GREEN", script: []string{"notifications/switch.sh", "v2"}},
		{
			version: "v3", bad: unicorn.Crash, strategy: "BLUE_GREEN", script: []string{"notifications/switch.sh", "v3", unicorn.Crash},
			noticed: byBreaker, unseen: true,
		},
		{version: "v4", bad: unicorn.Slow, strategy: "BLUE_GREEN", script: []string{"notifications/switch.sh", "v4", unicorn.Slow}, noticed: byAlarm},
	},
	"streaming": {
		{version: "v2", strategy: "BLUE_GREEN", script: []string{"streaming/bluegreen.sh", "2", "v2"}},
		{
			version: "v3", bad: unicorn.Leak, strategy: "BLUE_GREEN", script: []string{"streaming/bluegreen.sh", "1", "v3", unicorn.Leak},
			noticed: byAlarm,
		},
	},
}
