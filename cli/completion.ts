import { Argument, Command, type Option } from 'commander';
import type { Io } from './io.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function completionCommand(io: Io): Command {
  const command = new Command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script by which a shell completes the commands and options of modcast.')
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

interface Node {
  /** Names from the program down, `token create`; empty for the program. */
  readonly words: string;
  readonly command: Command;
}

/** A program's commands and theirs, itself first. */
export function commandNodes(program: Command): Node[] {
  const visit = (command: Command, words: readonly string[]): Node[] => [
    { words: words.join(' '), command },
    ...command.commands.flatMap((inner) => visit(inner, [...words, inner.name()])),
  ];
  return visit(program, []);
}

/** Options as help lists them, `--help` included. */
export const visibleOptions = (command: Command): readonly Option[] =>
  command.createHelp().visibleOptions(command);

const flagsOf = (command: Command): string[] =>
  visibleOptions(command).flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));

const namesOf = (command: Command): string[] => command.commands.map((inner) => inner.name());

const summaryOf = (command: Command): string => command.summary() || command.description();

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

function bash(program: Command): string {
  const cases = commandNodes(program).map(
    ({ words, command }) =>
      `    ${quote(words)}) words=${quote([...namesOf(command), ...flagsOf(command)].join(' '))} ;;`,
  );
  const known = commandNodes(program).slice(1);
  return `# bash completion for modcast
_modcast() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= next word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${command:+$command }$word"
    case "$next" in
      ${known.map(({ words }) => quote(words)).join('|')}) command=$next ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _modcast modcast
`;
}

function zsh(program: Command): string {
  const describe = (name: string, text: string) =>
    quote(`${name.replaceAll(':', String.raw`\:`)}:${text.replaceAll('\n', ' ')}`);
  const cases = commandNodes(program).map(({ words, command }) => {
    const inner = command.commands.map((each) => describe(each.name(), summaryOf(each)));
    const flags = visibleOptions(command).map(({ long, short, description }) =>
      describe(long ?? short!, description),
    );
    return `    ${quote(words)}) commands=(${inner.join(' ')}); flags=(${flags.join(' ')}) ;;`;
  });
  return `#compdef modcast
# zsh completion for modcast
_modcast() {
  local command= next word
  local -a commands flags
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${command:+$command }$word"
    case "$next" in
      ${commandNodes(program)
        .slice(1)
        .map(({ words }) => quote(words))
        .join('|')}) command=$next ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe option flags
  elif (( \${#commands} )); then _describe command commands
  else _files
  fi
}
compdef _modcast modcast
`;
}

function fish(program: Command): string {
  const lines = ['# fish completion for modcast'];
  const top = namesOf(program).join(' ');
  for (const { words, command } of commandNodes(program)) {
    const path = words.split(' ').filter(Boolean);
    const inside = path.map((word) => `__fish_seen_subcommand_from ${word}`);
    const isTop = path.length === 0;
    const here = isTop ? `not __fish_seen_subcommand_from ${top}` : inside.join('; and ');
    for (const inner of command.commands) {
      const more = isTop ? '' : `; and not __fish_seen_subcommand_from ${namesOf(command).join(' ')}`;
      lines.push(
        `complete -c modcast -f -n ${quote(here + more)} -a ${inner.name()} -d ${quote(summaryOf(inner))}`,
      );
    }
    for (const { long, short, description, required } of visibleOptions(command)) {
      const flags = [
        ...(long === undefined ? [] : [`-l ${long.slice(2)}`]),
        ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
        ...(required ? ['-r'] : []),
      ];
      lines.push(
        `complete -c modcast -n ${quote(here)} ${flags.join(' ')} -d ${quote(description.replaceAll('\n', ' '))}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

const SCRIPTS: { readonly [shell in Shell]: (program: Command) => string } = { bash, zsh, fish };
