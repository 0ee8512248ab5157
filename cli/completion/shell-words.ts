import { visibleOptions, type CommandNode } from './command-nodes.js';
import { argumentValue, optionValue, type Value } from './offered-values.js';
import { quote } from '../output/shell.js';

/** A value as the scripts of bash and zsh name it: `words fresh cached`, `channels`, … */
const valueText = (value: Value): string => (typeof value === 'string' ? value : `words ${value.join(' ')}`);

/** One branch of a `case` for each option with a value: `serve --boot`. */
function optionBranches(nodes: readonly CommandNode[]): string {
  const lines: string[] = [];
  for (const { words, command } of nodes) {
    for (const option of visibleOptions(command)) {
      const value = optionValue(words, option);
      if (value === undefined) continue;
      const flags = [option.short, option.long].filter((flag) => flag !== undefined);
      const patterns = flags.map((flag) => quote(`${words} ${flag}`)).join('|');
      const kind = option.long === '--db' ? 'database' : valueText(value);
      lines.push(`    ${patterns}) ${option.required ? 'due' : 'optional'}=${quote(kind)} ;;`);
    }
  }
  return lines.join('\n');
}

/** One branch of a `case` for each argument, by its position: `diff 0`. */
function argumentBranches(nodes: readonly CommandNode[]): string {
  const lines: string[] = [];
  for (const { words, command } of nodes) {
    for (const [index, argument] of command.registeredArguments.entries()) {
      const value = argumentValue(words, argument);
      if (value === undefined) continue;
      const more = argument.variadic ? `|${quote(`${words} `)}*` : '';
      lines.push(`      ${quote(`${words} ${index}`)}${more}) due=${quote(valueText(value))} ;;`);
    }
  }
  return lines.join('\n');
}

const commandPattern = (nodes: readonly CommandNode[]): string =>
  nodes
    .slice(1)
    .map(({ words }) => quote(words))
    .join('|');

/**
 * Shell text for bash and zsh: a function that sets `due` or `optional` to the value of `<command> <flag>`.
 */
export const optionFunction = (nodes: readonly CommandNode[]): string => `\
_modcast_option() {
  case "$1" in
${optionBranches(nodes)}
  esac
}`;

/**
 * Shell text for bash and zsh. It reads the words before the cursor and sets `command`, `db` and `due`: the
 * kind of value that is expected at the cursor, or nothing. `flagged` is the flag in `--boot=fr`.
 *
 * @param words shell expression for the words before the cursor
 * @param branches of a `case` on `command`, for what each command offers
 */
export const readWords = (
  nodes: readonly CommandNode[],
  words: string,
  branches: readonly string[],
): string => `\
  for word in ${words}; do
    if [[ $word == '=' ]]; then
      [[ -z $due ]] && due=$optional
      continue
    fi
    optional=
    if [[ -n $due ]]; then
      [[ $due == database ]] && db=$word
      due=
      continue
    fi
    _modcast_option "$command $word"
    [[ $word == -* ]] && continue
    next="\${command:+$command }$word"
    case "$next" in
      ${commandPattern(nodes)}) command=$next ;;
      *) ((place += 1)) ;;
    esac
  done
  if [[ -n $flagged ]]; then
    _modcast_option "$command $flagged"
    due=\${due:-\${optional:-text}}
  fi
  if [[ -z $due && $current != -* ]]; then
    case "$command $place" in
${argumentBranches(nodes)}
    esac
  fi
  case "$command" in
${branches.join('\n')}
  esac`;
