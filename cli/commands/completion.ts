import { Argument, Command } from 'commander';
import {
  commandNodes,
  flagsOf,
  namesOf,
  quote,
  shownCommands,
  summaryOf,
  visibleOptions,
  type Node,
} from '../completion/command-nodes.js';
import { fish } from '../completion/fish.js';
import { argumentValue, optionValue, type Value } from '../completion/values.js';
import type { Io } from '../io.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function completionCommand(io: Io): Command {
  const command = new Command('completion')
    .summary('print a completion script for a shell')
    .description(
      'Prints a script by which a shell completes commands, options and their values, among them the channels and refs of the nearest database.',
    )
    .addArgument(new Argument('<shell>', 'your shell').choices([...SHELLS]))
    .addHelpText(
      'after',
      `
Examples:
  modcast completion bash > ~/.local/share/bash-completion/completions/modcast
  modcast completion zsh > ~/.zfunc/_modcast           (a directory of $fpath)
  modcast completion fish > ~/.config/fish/completions/modcast.fish`,
    );
  return command.action((shell: Shell) => io.write(SCRIPTS[shell](command.parent!)));
}

/** A value as the scripts of bash and zsh name it: `words fresh cached`, `channels`, … */
const valueText = (value: Value): string => (typeof value === 'string' ? value : `words ${value.join(' ')}`);

/** A line of a shell's `case` for each option that wants a value: `serve --boot` → what is due behind it. */
function dueCases(nodes: readonly Node[]): string {
  const lines: string[] = [];
  for (const { words, command } of nodes) {
    for (const option of visibleOptions(command)) {
      const value = optionValue(words, option);
      if (value === undefined) continue;
      const flags = [option.short, option.long].filter((flag) => flag !== undefined);
      const patterns = flags.map((flag) => quote(`${words} ${flag}`)).join('|');
      lines.push(
        `      ${patterns}) due=${quote(option.long === '--db' ? 'database' : valueText(value))} ;;`,
      );
    }
  }
  return lines.join('\n');
}

/** The same for arguments, by their place: `diff 0`. */
function placeCases(nodes: readonly Node[]): string {
  const lines: string[] = [];
  for (const { words, command } of nodes) {
    command.registeredArguments.forEach((argument, index) => {
      const value = argumentValue(argument);
      if (value !== undefined)
        lines.push(`      ${quote(`${words} ${index}`)}) due=${quote(valueText(value))} ;;`);
    });
  }
  return lines.join('\n');
}

const patternOf = (nodes: readonly Node[]): string =>
  nodes
    .slice(1)
    .map(({ words }) => quote(words))
    .join('|');

function bash(program: Command): string {
  const nodes = commandNodes(program);
  const cases = nodes.map(
    ({ words, command }) =>
      `    ${quote(words)}) words=${quote([...namesOf(command), ...flagsOf(command)].join(' '))} ;;`,
  );
  // The shell splits --boot=fresh into three words.
  return `# bash completion for modcast
_modcast() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= next word words= due= place=0 db=
  [[ $current == = ]] && current=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == = ]] && continue
    if [[ $due ]]; then
      [[ $due == database ]] && db=$word
      due=
      continue
    fi
    case "$command $word" in
${dueCases(nodes)}
    esac
    [[ $word == -* ]] && continue
    next="\${command:+$command }$word"
    case "$next" in
      ${patternOf(nodes)}) command=$next ;;
      *) ((place += 1)) ;;
    esac
  done
  if [[ ! $due && $current != -* ]]; then
    case "$command $place" in
${placeCases(nodes)}
    esac
  fi
  case "$command" in
${cases.join('\n')}
  esac
  case "$due" in
    words*) words=\${due#words } ;;
    channels | refs) words=$("\${COMP_WORDS[0]}" __complete "$due" \${db:+--db "$db"} 2>/dev/null) ;;
    sides) words=$("\${COMP_WORDS[0]}" __complete refs \${db:+--db "$db"} 2>/dev/null) ;;
    files | database | text) words= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$due" in
    sides) COMPREPLY+=($(compgen -f -- "$current")) ;;
    words* | channels | refs | text) compopt +o default 2>/dev/null ;;
  esac
}
complete -o default -F _modcast modcast
`;
}

function zsh(program: Command): string {
  const describe = (name: string, text: string) =>
    quote(`${name.replaceAll(':', String.raw`\:`)}:${text.replaceAll('\n', ' ')}`);
  const nodes = commandNodes(program);
  const cases = nodes.map(({ words, command }) => {
    const inner = shownCommands(command).map((each) => describe(each.name(), summaryOf(each)));
    const flags = visibleOptions(command).map(({ long, short, description }) =>
      describe(long ?? short!, description),
    );
    return `    ${quote(words)}) commands=(${inner.join(' ')}); flags=(${flags.join(' ')}) ;;`;
  });
  return `#compdef modcast
# zsh completion for modcast
_modcast() {
  local command= next word due= place=0
  local -a commands flags db
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $due ]]; then
      [[ $due == database ]] && db=(--db $word)
      due=
      continue
    fi
    case "$command $word" in
${dueCases(nodes)}
    esac
    [[ $word == -* ]] && continue
    next="\${command:+$command }$word"
    case "$next" in
      ${patternOf(nodes)}) command=$next ;;
      *) ((place += 1)) ;;
    esac
  done
  if [[ -z $due && \${words[CURRENT]} != -* ]]; then
    case "$command $place" in
${placeCases(nodes)}
    esac
  fi
  case "$command" in
${cases.join('\n')}
  esac
  case "$due" in
    words*) compadd -- \${=due#words } ;;
    channels|refs) compadd -- \${(f)"$(\${words[1]} __complete $due $db 2>/dev/null)"} ;;
    sides) compadd -- \${(f)"$(\${words[1]} __complete refs $db 2>/dev/null)"}; _files ;;
    text) ;;
    files|database) _files ;;
    *)
      if [[ \${words[CURRENT]} == -* ]]; then _describe option flags
      elif (( \${#commands} )); then _describe command commands
      else _files
      fi ;;
  esac
}
compdef _modcast modcast
`;
}

const SCRIPTS: { readonly [shell in Shell]: (program: Command) => string } = { bash, zsh, fish };
