package deploy

// hookResult takes a Lambda hook's answer. An answer counts once: only the call
// that is outstanding can be answered.
func (m *machine) hookResult(e HookResult) {
	d := m.d
	for i := range d.Hooks {
		h := &d.Hooks[i]
		if h.Execution != e.Execution || h.Type != Lambda || !h.Open() || h.Call != e.Call || !h.NextCall.IsZero() {
			continue
		}
		target := d.Config.Hooks[h.Config].Target
		switch {
		case e.Error != "":
			h.Status, h.Error = HookFailed, e.Error
		case e.Status == HookSucceeded:
			h.Status = HookSucceeded
		case e.Status == HookInProgress:
			delay := e.Delay
			if delay <= 0 {
				delay = callBackDelay
			}
			h.NextCall = m.now.Add(d.Config.span(delay))
			if e.Details != nil {
				h.Details = e.Details
			}
		case e.Status == HookFailed:
			h.Status, h.Error = HookFailed, "Lifecycle hook target "+target+" returned FAILED status."
		default:
			h.Status, h.Error = HookFailed, "ECS was unable to parse the response from "+target+" due to HookStatus must not be null"
		}
	}
}

// hookContinue takes a person's decision about a PAUSE hook. If several wait,
// each needs its own CONTINUE; one ROLLBACK decides.
func (m *machine) hookContinue(e Continue) {
	d := m.d
	if d.Status != InProgress {
		return
	}
	for i := range d.Hooks {
		h := &d.Hooks[i]
		if h.ID != e.HookID || h.Type != Pause || !h.Open() {
			continue
		}
		if e.Action == ActionRollback {
			h.Status = HookFailed
			m.tellHook(h)
			m.requestRollback(continueText)
			return
		}
		h.Status = HookSucceeded
		m.tellHook(h)
		m.pauseOver()
	}
}
