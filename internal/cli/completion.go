package cli

import "io"

// completionCmd is `grue completion`.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is the long help.
func (completionCmd) Help() string {
	return `Prints a script that makes the shell complete verbs, flags, services, tasks and clusters.

Examples:
  source <(grue completion bash)
  grue completion bash > /etc/bash_completion.d/grue
  grue completion zsh > "${fpath[1]}/_grue"
  grue completion fish > ~/.config/fish/completions/grue.fish`
}

// The scripts ask `grue __complete`, which answers with a candidate a line, and
// after a tab what it means; ":files" stands for names of files.
var completionScripts = map[string]string{
	"bash": `# bash completion of grue
_grue() {
	local line
	COMPREPLY=()
	while IFS= read -r line; do
		if [[ $line == :files ]]; then
			compopt -o default 2>/dev/null
			continue
		fi
		COMPREPLY+=("${line%%$'\t'*}")
	done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _grue grue
`,
	"zsh": `#compdef grue
# zsh completion of grue
_grue() {
	local line
	local -a found
	for line in "${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
		if [[ $line == :files ]]; then
			_files
			return
		fi
		line=${line//:/\\:}
		[[ -n $line ]] && found+=("${line/$'\t'/:}")
	done
	_describe grue found
}
if [[ $funcstack[1] == _grue ]]; then
	_grue "$@"
else
	compdef _grue grue
fi
`,
	"fish": `# fish completion of grue
function __grue_complete
	set -l words (commandline -opc) (commandline -ct)
	for line in ($words[1] __complete -- $words[2..] 2>/dev/null)
		if test "$line" = :files
			__fish_complete_path (commandline -ct)
		else
			echo $line
		end
	end
end
complete -c grue -f -a '(__grue_complete)'
`,
}

// Run prints the script.
func (c *completionCmd) Run(s *streams) error {
	_, err := io.WriteString(s.out, completionScripts[c.Shell])
	return err
}
