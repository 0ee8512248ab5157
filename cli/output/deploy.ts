import type { DeployTags } from '../../registry/history/index.js';
import type { Deploy } from '../../registry/index.js';
import type { Io } from '../io.js';
import { formatTime, type TimeStyle } from '../options/time-style.js';
import { changeCounts } from './changes.js';
import { printable, truncate } from './text.js';

/** `(tag: v1, tag: v2) `, as git decorates a commit, or nothing. */
export const decoration = (number: number, tags: DeployTags): string => {
  const names = (tags.get(number) ?? []).map(({ name }) => `tag: ${name}`);
  return names.length === 0 ? '' : `(${names.join(', ')}) `;
};

/** `deploy 12 (tag: v1) · production · 3 days ago · ada`, and the message below. */
export function deployHead(io: Io, deploy: Deploy, style: TimeStyle, tags: DeployTags): string {
  const { yellow, cyan, dim } = io.colours;
  const facts = [
    yellow(`deploy ${deploy.number} ${decoration(deploy.number, tags)}`.trimEnd()),
    cyan(deploy.channel),
    formatTime(io, style, deploy.time),
    printable(deploy.author),
    ...(deploy.commit === null ? [] : [dim(`commit ${deploy.commit.slice(0, 10)}`)]),
  ];
  return `${facts.join(` ${dim('·')} `)}\n${indentedMessage(deploy)}`;
}

/**
 * `12 (tag: v1) First light`: a deploy as `git log --oneline` shows a commit. Without a message it says what
 * changed.
 * @param deploy null: dropped by gc
 */
export function oneLine(io: Io, number: number, deploy: Deploy | null, tags: DeployTags): string {
  const { yellow, dim } = io.colours;
  const subject = deploy?.message.trimStart().split('\n', 1)[0]!.trimEnd() ?? '';
  const head = `${number} ${decoration(number, tags)}`;
  const room = Math.max(io.columns - head.length, 1);
  const shown = (text: string): string => (io.columns === Infinity ? text : truncate(text, room));
  const instead = deploy === null ? '(dropped by gc)' : `(${changeCounts(deploy) || 'no file changed'})`;
  const text = subject === '' ? dim(shown(instead)) : shown(printable(subject));
  return `${yellow(head.trimEnd())} ${text}\n`;
}

/** A deploy's message, indented by four columns, without empty lines at its end. */
export function indentedMessage({ message }: Deploy): string {
  if (message === '') return '';
  return message
    .trimEnd()
    .split('\n')
    .map((line) => `    ${printable(line)}`.trimEnd() + '\n')
    .join('');
}

/** `deploy 5 on production · 3 changed, 1 added · as in deploy 3`: the line that reports a new deploy. */
export function newDeployLine(io: Io, deploy: Deploy, ...facts: string[]): string {
  const { green, bold, dim } = io.colours;
  const head = `${green('deploy')} ${bold(String(deploy.number))} on ${deploy.channel}`;
  return `${[head, changeCounts(deploy) || 'no file changed', ...facts].join(` ${dim('·')} `)}\n`;
}
