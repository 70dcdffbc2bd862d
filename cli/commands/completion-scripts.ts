export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The script by which a shell completes `tailrace`. It asks `tailrace complete`, which prints a line for each word: the word, a tab and what
 * it is. Where that prints nothing, the shell completes a file's name.
 */
export const COMPLETION_SCRIPTS: Record<Shell, string> = {
  bash: `_tailrace() {
  local value text
  COMPREPLY=()
  while IFS=$'\\t' read -r value text; do
    COMPREPLY+=("$value")
  done < <("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _tailrace tailrace
`,
  zsh: `#compdef tailrace
_tailrace() {
  local value text
  local -a found
  while IFS=$'\\t' read -r value text; do
    found+=("\${value//:/\\\\:}:$text")
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  # What follows the = is the word that is completed.
  [[ "\${words[CURRENT]}" == --*=* ]] && compset -P '*='
  if (( \${#found} )); then
    _describe tailrace found
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _tailrace ]]; then
  _tailrace "$@"
else
  compdef _tailrace tailrace
fi
`,
  fish: `function __tailrace_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l found ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
  if test (count $found) -gt 0
    # Fish replaces the whole word, also what is before the =.
    set -l flag (string match -r -- '^--[^=]+=' "$current")
    printf '%s\\n' "$flag"$found
  else
    __fish_complete_path "$current"
  end
end
complete -c tailrace -f -a '(__tailrace_complete)'
`,
};
