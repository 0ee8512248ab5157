import type { Command } from 'commander';
import { commandNodes, shownCommands, summaryOf, visibleOptions } from './command-nodes.js';
import { ASKED } from './offered-values.js';
import { optionFunction, readWords } from './shell-words.js';
import { quote } from '../output/shell.js';

/** An entry of zsh's `_describe`: a name with its description. */
const described = (name: string, text: string): string =>
  quote(`${name.replaceAll(':', String.raw`\:`)}:${text.replaceAll('\n', ' ')}`);

/** The completion script for zsh. */
export function zsh(program: Command): string {
  const nodes = commandNodes(program);
  const branches = nodes.map(({ words, command }) => {
    const inner = shownCommands(command).map((each) => described(each.name(), summaryOf(each)));
    const flags = visibleOptions(command).map(({ long, short, description }) =>
      described(long ?? short!, description),
    );
    return `    ${quote(words)}) commands=(${inner.join(' ')}); flags=(${flags.join(' ')}) ;;`;
  });
  return `#compdef modcast
# zsh completion for modcast
${optionFunction(nodes)}
_modcast() {
  local current=\${words[CURRENT]} command= next word due= optional= flagged= place=0 db=
  local -a commands flags
  if [[ $current == --*=* ]]; then
    flagged=\${current%%=*}
    current=\${current#*=}
    compset -P '*='
  fi
${readWords(nodes, '"${(@)words[2,CURRENT-1]}"', branches)}
  case "$due" in
    words*) compadd -- \${=due#words } ;;
    ${ASKED.join('|')}) compadd -- \${(f)"$(\${words[1]} __complete $due \${db:+--db} $db -- \${(Q)current} 2>/dev/null)"} ;;
    sides) compadd -- \${(f)"$(\${words[1]} __complete refs \${db:+--db} $db 2>/dev/null)"}; _files ;;
    text) ;;
    files|database) _files ;;
    *)
      if [[ $current == -* ]]; then _describe option flags
      elif (( \${#commands} )); then _describe command commands
      else _files
      fi ;;
  esac
}
compdef _modcast modcast
`;
}
