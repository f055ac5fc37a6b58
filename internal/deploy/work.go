package deploy

// work does what the present stage itself has to do and tells whether it is done.
func (m *machine) work() bool {
	if m.d.shifts() {
		return m.shiftWork()
	}
	return m.rollingWork()
}
