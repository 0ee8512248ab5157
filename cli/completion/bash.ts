import type { Command } from 'commander';
import { commandNodes, flagsOf, namesOf } from './command-nodes.js';
import { ASKED } from './offered-values.js';
import { optionFunction, readWords } from './shell-words.js';
import { quote } from '../output/shell.js';

/** The completion script for bash. */
export function bash(program: Command): string {
  const nodes = commandNodes(program);
  const branches = nodes.map(
    ({ words, command }) =>
      `    ${quote(words)}) words=${quote([...namesOf(command), ...flagsOf(command)].join(' '))} ;;`,
  );
  // bash splits --boot=fresh into three words, and 12:lib/disk.mjs and npm/lit@3 too.
  return `# bash completion for modcast
${optionFunction(nodes)}
_modcast() {
  local command= next word words= due= optional= flagged= place=0 db= count=0 current= before=
  local -a given=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    next=
    ((count > 0)) && next=\${given[count - 1]}
    if [[ $word == [:@]* || $next == *[:@] ]] && [[ -n $next && $COMP_LINE == *"$next$word"* ]]; then
      given[count - 1]+=$word
    else given[count++]=$word
    fi
  done
  ((count > 0)) && current=\${given[count - 1]}
  if [[ $current == '=' ]]; then
    flagged=\${given[count - 2]}
    current=
  fi
${readWords(nodes, '"${given[@]:0:count-1}"', branches)}
  # readline replaces only the last part of it.
  before=\${current%"\${2-$current}"}
  COMPREPLY=()
  case "$due" in
    words*) words=\${due#words } ;;
    sides) words=$("\${COMP_WORDS[0]}" __complete refs \${db:+--db "$db"} 2>/dev/null) ;;
    files | database | text | ${ASKED.join(' | ')}) words= ;;
  esac
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$due" in
    sides) COMPREPLY+=($(compgen -f -- "$current")) ;;
    ${ASKED.join(' | ')})
      # Not compgen -W: it expands what the names contain.
      while IFS= read -r word; do
        printf -v next %q "$word"
        [[ $word == "$current"* || $next == "$current"* ]] || continue
        printf -v next %q "\${word#"$before"}"
        COMPREPLY+=("$next")
      done < <("\${COMP_WORDS[0]}" __complete "$due" \${db:+--db "$db"} -- "$current" 2>/dev/null)
      compopt +o default 2>/dev/null ;;
    words* | text) compopt +o default 2>/dev/null ;;
  esac
}
complete -o default -F _modcast modcast
`;
}
