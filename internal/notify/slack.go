package notify

import "strings"

// Slack's bounds, in characters.
const (
	slackHeader  = 150
	slackText    = 3000
	slackField   = 2000
	slackURL     = 3000
	slackPreview = 300
)

type object = map[string]any

// slack is the message as blocks. Buttons are links: a webhook cannot hear what
// is pressed.
func (m *Message) slack() object {
	blocks := []object{
		{"type": "header", "text": object{"type": "plain_text", "text": clip(m.Title, slackHeader)}},
		{"type": "section", "text": object{"type": "mrkdwn", "text": clip(slackEscape(m.Text), slackText)}},
	}
	fields := []object{}
	for _, f := range m.facts() {
		fields = append(fields, object{"type": "mrkdwn", "text": clip("*"+f[0]+"*\n"+slackEscape(f[1]), slackField)})
	}
	blocks = append(blocks, object{"type": "section", "fields": fields})
	var buttons []object
	button := func(text, style, url string) {
		b := object{"type": "button", "text": object{"type": "plain_text", "text": text}, "url": url}
		if style != "" {
			b["style"] = style
		}
		if len(url) <= slackURL {
			buttons = append(buttons, b)
		}
	}
	if m.ApproveURL != "" {
		button("Approve…", "primary", m.ApproveURL)
		button("Reject…", "danger", m.ApproveURL+"?choice=reject")
	}
	if m.URL != "" {
		button("Deployment", "", m.URL)
	}
	if len(buttons) > 0 {
		blocks = append(blocks, object{"type": "actions", "elements": buttons})
	}
	blocks = append(blocks, object{"type": "context", "elements": []object{{"type": "mrkdwn", "text": clip(slackEscape(m.DeploymentARN), slackField)}}})
	return object{"text": clip(slackEscape(m.Title+": "+m.Text), slackPreview), "blocks": blocks}
}

// slackEscape writes the three characters that mean something in any text.
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// clip cuts a text to n characters.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
