package screen

// style colours text, or not. Only the terminal's own sixteen colours are used:
// people choose them so that they can read.
type style struct{ colours bool }

func (s style) in(code, text string) string {
	if !s.colours || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string   { return s.in("1", text) }
func (s style) dim(text string) string    { return s.in("2", text) }
func (s style) blue(text string) string   { return s.in("94", text) }
func (s style) green(text string) string  { return s.in("32", text) }
func (s style) yellow(text string) string { return s.in("33", text) }
func (s style) red(text string) string    { return s.in("31", text) }
