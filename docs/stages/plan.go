package main

// plan is one strategy: its stages from left to right.
type plan struct {
	file, title string
	stages      []stage
}

// stage is a column of the picture: what is so when it ends.
type stage struct {
	name, wait  string  // what is waited for
	traffic     float64 // of green, in percent
	blue, green float64 // running tasks, as a share of the desired count
	test        bool    // test traffic goes to green
	timed       bool    // a time that is configured
}

// up are the stages with which every shift begins.
func up() []stage {
	return []stage{
		{name: "PRE_SCALE_UP", wait: "hooks", blue: 1},
		{name: "SCALE_UP", wait: "green healthy", blue: 1, green: 1},
		{name: "POST_SCALE_UP", wait: "hooks", blue: 1, green: 1},
		{name: "TEST_TRAFFIC_SHIFT", wait: "proxies, hooks", blue: 1, green: 1, test: true},
		{name: "POST_TEST_TRAFFIC_SHIFT", wait: "hooks", blue: 1, green: 1, test: true},
	}
}

// step are the stages of one step to a share of traffic.
func step(before, share float64) []stage {
	return []stage{
		{name: "PRE_PRODUCTION_TRAFFIC_SHIFT", wait: "hooks", traffic: before, blue: 1, green: 1, test: true},
		{name: "PRODUCTION_TRAFFIC_SHIFT", wait: "proxies, hooks", traffic: share, blue: 1, green: 1, test: true},
	}
}

// bake is the time at one share of traffic.
func bake(wait string, share float64) stage {
	return stage{name: "(bake)", wait: wait, traffic: share, blue: 1, green: 1, test: true, timed: true}
}

// down are the stages after the last step.
func down() []stage {
	end := bake("bakeTimeInMinutes", 100)
	end.name = "BAKE_TIME"
	return []stage{
		{name: "POST_PRODUCTION_TRAFFIC_SHIFT", wait: "hooks", traffic: 100, blue: 1, green: 1, test: true},
		end,
		{name: "CLEAN_UP", wait: "blue stopped", traffic: 100, green: 1, test: true},
	}
}

// join puts stages behind each other.
func join(parts ...[]stage) (all []stage) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// plans are the pictures.
func plans() []plan {
	// A step that is like the one before is narrow: its two stages are one column.
	next := func(share float64) []stage {
		s := step(0, share)[1]
		s.name = "PRE_… and PRODUCTION_TRAFFIC_SHIFT"
		return []stage{s}
	}
	return []plan{
		{file: "blue-green.svg", title: "BLUE_GREEN: all traffic moves at once", stages: join(up(), step(0, 100), down())},
		{file: "canary.svg", title: "CANARY: 10 % of the traffic first, then all of it", stages: join(up(), step(0, 10),
			[]stage{bake("canaryBakeTimeInMinutes", 10)}, next(100), down())},
		{file: "linear.svg", title: "LINEAR: the traffic moves in steps of 25 %", stages: join(up(), step(0, 25),
			[]stage{bake("stepBakeTimeInMinutes", 25)}, next(50), []stage{bake("stepBake…", 50)}, next(75), []stage{bake("stepBake…", 75)}, next(100), down())},
		{file: "rolling.svg", title: "ROLLING: 4 tasks, at least 100 %, at most 150 %", stages: []stage{
			{name: "2 new tasks start", wait: "green healthy", blue: 1, green: .5, traffic: 33.3},
			{name: "2 old tasks drain", wait: "requests, stopped", blue: .5, green: .5, traffic: 50},
			{name: "2 new tasks start", wait: "green healthy", blue: .5, green: 1, traffic: 66.7},
			{name: "2 old tasks drain", wait: "requests, stopped", green: 1, traffic: 100},
			{name: "bake", wait: "bakeTimeInMinutes", green: 1, traffic: 100, timed: true},
		}},
	}
}
