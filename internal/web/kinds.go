package web

// kinds are all kinds of views.
func kinds() []Kind {
	return []Kind{
		tasksKind(), taskKind(), balancersKind(), balancerKind(),
	}
}
