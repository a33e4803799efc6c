/**
 * What a shell is told once. Each script asks `irm completion words -- <command line>`, whose first line names what the
 * shell may offer besides (file, directory, program, or nothing), and the others are a word, a tabulator and what it means.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const bash = (programs: string): string => `# Completion of Ouroboros for bash: source <(irm completion bash)
_ouroboros() {
  local words current line answer=()
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ "\${COMP_LINE:0:COMP_POINT}" == *[[:blank:]] ]] && words+=('')
  current=\${words[-1]}
  mapfile -t answer < <(irm completion words -- "\${words[@]}" 2> /dev/null)
  COMPREPLY=()
  case \${answer[0]-} in
    file) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    directory) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    program) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -c -- "$current") ;;
  esac
  # Readline has its own idea of where a word begins.
  local known=
  [[ $COMP_WORDBREAKS == *[=:@]* ]] && known=\${current%"\${current##*[=:@]}"}
  for line in "\${answer[@]:1}"; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("$(printf %q "\${line#"$known"}")")
  done
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace 2> /dev/null
  return 0
}
complete -o nosort -F _ouroboros ${programs}
`;

const zsh = (programs: string): string => `#compdef ${programs}
# Completion of Ouroboros for zsh: source <(irm completion zsh)
_ouroboros() {
  local line paths
  local -a answer found
  answer=("\${(@f)$(irm completion words -- "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" 2> /dev/null)}")
  paths=$answer[1]
  for line in "\${(@)answer[2,-1]}"; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#found )) && _describe -V Ouroboros found
  case $paths in
    file) _files ;;
    directory) _files -/ ;;
    program) _command_names -e ;;
  esac
}
if [[ $funcstack[1] == _irm ]]; then _ouroboros "$@"; else compdef _ouroboros ${programs}; fi
`;

const fish = (programs: string): string => `# Completion of Ouroboros for fish: irm completion fish | source
function __ouroboros_complete
    set -l answer (irm completion words -- (commandline -opc) (commandline -ct) 2> /dev/null)
    set -l paths $answer[1]
    set -e answer[1]
    for line in $answer
        echo $line
    end
    switch "$paths"
        case file
            __fish_complete_path (commandline -ct)
        case directory
            __fish_complete_directories (commandline -ct)
        case program
            __fish_complete_command
    end
end
for program in ${programs}
    complete -c $program -f -k -a '(__ouroboros_complete)'
end
`;

const SCRIPTS: Readonly<Record<Shell, (programs: string) => string>> = { bash, zsh, fish };

/** The script for a shell that completes these programs. */
export const completionScript = (shell: Shell, programs: readonly string[]): string =>
  SCRIPTS[shell](programs.join(' '));
