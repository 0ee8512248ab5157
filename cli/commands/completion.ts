import { Argument, Command } from 'commander';
import { bash } from '../completion/bash.js';
import { fish } from '../completion/fish.js';
import { zsh } from '../completion/zsh.js';
import type { Io } from '../io.js';

const SCRIPTS: { readonly [shell: string]: (program: Command) => string } = { bash, zsh, fish };

export function completionCommand(io: Io): Command {
  const command = new Command('completion')
    .summary('print a completion script for your shell')
    .description(
      'Prints a script with which a shell completes commands, options and values, such as the channels and refs of the nearest database.',
    )
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  modcast completion bash > ~/.local/share/bash-completion/completions/modcast
  modcast completion zsh > ~/.zfunc/_modcast           (a directory of $fpath)
  modcast completion fish > ~/.config/fish/completions/modcast.fish`,
    );
  return command.action((shell: string) => io.write(SCRIPTS[shell]!(command.parent!)));
}
