import type { Command } from 'commander';
import { commandNodes, flagsOf, namesOf } from './command-nodes.js';
import { readWords } from './shell-words.js';
import { quote } from '../output/shell.js';

/** The completion script for bash. */
export function bash(program: Command): string {
  const nodes = commandNodes(program);
  const branches = nodes.map(
    ({ words, command }) =>
      `    ${quote(words)}) words=${quote([...namesOf(command), ...flagsOf(command)].join(' '))} ;;`,
  );
  // bash splits --boot=fresh into three words.
  return `# bash completion for modcast
_modcast() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= next word words= due= place=0 db=
  [[ $current == '=' ]] && current=
${readWords(nodes, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"', branches)}
  case "$due" in
    words*) words=\${due#words } ;;
    channels | refs) words=$("\${COMP_WORDS[0]}" __complete "$due" \${db:+--db "$db"} 2>/dev/null) ;;
    sides) words=$("\${COMP_WORDS[0]}" __complete refs \${db:+--db "$db"} 2>/dev/null) ;;
    files | database | text | paths | places) words= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$due" in
    sides) COMPREPLY+=($(compgen -f -- "$current")) ;;
    paths | places)
      # Not compgen -W: it expands what the names contain.
      while IFS= read -r word; do
        [[ $word == "$current"* ]] && COMPREPLY+=("$(printf %q "$word")")
      done < <("\${COMP_WORDS[0]}" __complete "$due" \${db:+--db "$db"} 2>/dev/null)
      compopt +o default 2>/dev/null ;;
    words* | channels | refs | text) compopt +o default 2>/dev/null ;;
  esac
}
complete -o default -F _modcast modcast
`;
}
