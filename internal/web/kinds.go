package web

// kinds are all kinds of views.
func kinds() []Kind {
	return []Kind{
		homeKind(), serviceKind(), deploymentKind(),
		tasksKind(), taskKind(), balancersKind(), balancerKind(), alarmsKind(), alarmKind(),
	}
}
