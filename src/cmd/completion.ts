/** `completion bash|fish|powershell|zsh`: the scripts by which shells ask what may stand next. */
import { type Command, noArgs } from './command.ts';
import type { Flag } from './flag.ts';

const NO_DESCRIPTIONS: Flag = { name: 'no-descriptions', type: 'bool', help: 'complete words alone' };

/** `ask` is the word by which the program is asked: with or without descriptions. */
const printer = (shell: string, install: string, script: (ask: string) => string): Command => ({
  use: shell,
  long: `Print the completion script for ${shell}.\n\n${install}`,
  args: noArgs,
  flags: [NO_DESCRIPTIONS],
  async run({ flags, stdout }) {
    stdout.write(script(flags.bool('no-descriptions') ? '__completeNoDesc' : '__complete'));
    return undefined;
  },
});

export const bash = printer(
  'bash',
  'In the current shell: source <(portolan completion bash)',
  (ask) => `# bash completion for portolan
_portolan() {
    local current="\${COMP_WORDS[COMP_CWORD]}" lines line
    COMPREPLY=()
    mapfile -t lines < <(portolan ${ask} "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null)
    for line in "\${lines[@]}"; do
        case "$line" in
            :0) compopt -o default ;;
            :2) compopt -o default -o nospace ;;
            :6) compopt -o nospace ;;
            :*) ;;
            *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
        esac
    done
}
complete -F _portolan portolan
`,
);

export const zsh = printer(
  'zsh',
  'In the current shell: source <(portolan completion zsh)',
  (ask) => `#compdef portolan
_portolan() {
    local -a lines described
    local line files=0 space=' '
    lines=("\${(@f)$(portolan ${ask} "\${(@)words[2,CURRENT-1]}" "\${words[CURRENT]}" 2>/dev/null)}")
    for line in $lines; do
        case $line in
            :0) files=1 ;;
            :2) files=1 space='' ;;
            :6) space='' ;;
            :*) ;;
            *) described+=("\${\${line//:/\\\\:}/$'\\t'/:}") ;;
        esac
    done
    (( $#described )) && _describe portolan described -S "$space"
    (( files )) && _files
}
compdef _portolan portolan
`,
);

export const fish = printer(
  'fish',
  'In the current shell: portolan completion fish | source',
  (ask) => `# fish completion for portolan
function __portolan_complete
    set -l words (commandline -opc) (commandline -ct)
    portolan ${ask} $words[2..-1] 2>/dev/null | string match -v -r '^:\\d+$'
end
complete -c portolan -f -a '(__portolan_complete)'
complete -c portolan -n 'portolan ${ask} (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null | string match -q -r "^:[02]$"' -F
`,
);

export const powershell = printer(
  'powershell',
  'In the current shell: portolan completion powershell | Out-String | Invoke-Expression',
  (ask) => `# powershell completion for portolan
Register-ArgumentCompleter -Native -CommandName portolan -ScriptBlock {
    param($word, $line, $position)
    $words = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($word -eq '') { $words += '""' }
    portolan ${ask} @words 2>$null | Where-Object { $_ -notmatch '^:\\d+$' } | ForEach-Object {
        $parts = $_ -split "\`t", 2
        $text = if ($parts.Length -gt 1) { $parts[1] } else { $parts[0] }
        [System.Management.Automation.CompletionResult]::new($parts[0], $parts[0], 'ParameterValue', $text)
    }
}
`,
);
