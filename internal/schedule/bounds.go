package schedule

// Low is how many healthy tasks must remain: the lower bound rounds up.
func Low(desired, minPercent int) int {
	return max(0, (desired*minPercent+99)/100)
}

// High is how many PENDING and RUNNING tasks there may be: the upper bound rounds down.
func High(desired, maxPercent int) int {
	return max(0, desired*maxPercent/100)
}
