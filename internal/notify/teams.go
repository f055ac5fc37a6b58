package notify

import "strings"

// teams is the message as an adaptive card in the envelope that a workflow of
// Teams ("when a webhook request is received") takes.
func (m *Message) teams() object {
	facts := []object{}
	for _, f := range m.facts() {
		facts = append(facts, object{"title": f[0], "value": teamsEscape(clip(f[1], slackField))})
	}
	actions := []object{}
	open := func(title, style, url string) {
		a := object{"type": "Action.OpenUrl", "title": title, "url": url}
		if style != "" {
			a["style"] = style
		}
		actions = append(actions, a)
	}
	if m.ApproveURL != "" {
		open("Approve…", "positive", m.ApproveURL)
		open("Reject…", "destructive", m.ApproveURL+"?choice=reject")
	}
	if m.URL != "" {
		open("Deployment", "", m.URL)
	}
	card := object{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": []object{
			{"type": "TextBlock", "size": "Large", "weight": "Bolder", "wrap": true, "color": m.color(), "text": teamsEscape(m.Title)},
			{"type": "TextBlock", "wrap": true, "text": teamsEscape(clip(m.Text, slackText))},
			{"type": "FactSet", "facts": facts},
		},
		"actions": actions,
	}
	return object{"type": "message", "attachments": []object{
		{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card},
	}}
}

func (m *Message) color() string {
	switch m.Event {
	case Approval:
		return "Warning"
	case Rollback, Failed:
		return "Attention"
	case Succeeded:
		return "Good"
	}
	return "Default"
}

// teamsEscape takes the meaning from characters of Markdown. Line breaks must be
// doubled there.
func teamsEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "`", "\\`", "<", "&lt;", ">", "&gt;", "\n", "\n\n").Replace(s)
}
