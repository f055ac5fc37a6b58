package deploy

import "slices"

// startAlarms begins to watch the alarms. If one is in ALARM already, all of
// them are ignored for the whole deployment: else nobody could deploy the fix.
func (m *machine) startAlarms(inAlarm []string) {
	d := m.d
	if !d.Config.Alarms.Enable || len(d.Config.Alarms.Names) == 0 {
		return
	}
	for _, name := range inAlarm {
		if slices.Contains(d.Config.Alarms.Names, name) {
			d.Alarms.Ignored = true
			return
		}
	}
	d.Alarms.Status = Monitoring
}

// alarmState remembers an alarm that fired; INSUFFICIENT_DATA is no failure.
func (m *machine) alarmState(e AlarmState) {
	d := m.d
	if d.Status != InProgress || d.Alarms.Status != Monitoring || e.State != "ALARM" ||
		!slices.Contains(d.Config.Alarms.Names, e.Name) || d.shifts() && d.Stage == CleanUp {
		return
	}
	if !slices.Contains(d.Alarms.Triggered, e.Name) {
		d.Alarms.Triggered = append(d.Alarms.Triggered, e.Name)
	}
}
