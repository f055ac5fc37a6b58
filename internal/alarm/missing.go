package alarm

// state applies M of N and the treatment of missing data. When the range holds N
// real datapoints, the treatment is of no importance.
func (v *view) state(s *Settings, current string) string {
	when := func(alarm bool) string {
		if alarm {
			return Alarm
		}
		return OK
	}
	m := s.m()
	switch {
	case v.missing == 0:
		return when(v.breaching >= m)
	case s.TreatAs == "breaching":
		return when(v.breaching+v.missing >= m)
	case s.TreatAs == "notBreaching":
		return when(v.breaching >= m)
	}
	keep := func(otherwise string) string {
		if s.TreatAs == "ignore" {
			return current
		}
		return otherwise
	}
	switch {
	case len(v.real) == 0:
		return keep(Insufficient)
	case v.breaching >= m:
		return Alarm
	case v.breaching < len(v.real):
		return OK
	case v.oldest >= m:
		// Only breaching datapoints, and old enough that the missing ones may have
		// hidden an alarm: a premature alarm is better than a late one.
		return keep(Alarm)
	}
	return keep(OK)
}
