import { Option, type Command } from 'commander';
import { isoTime, localTime, relativeTime } from '../output/time.js';
import type { Io } from '../io.js';

const TIME_STYLES = ['relative', 'local', 'iso'] as const;
export type TimeStyle = (typeof TIME_STYLES)[number];

/** Adds `--time`, for `formatTime`. */
export function timeOption(command: Command): Command {
  return command.addOption(
    new Option('--time <style>', 'how to show times').choices([...TIME_STYLES]).default('relative'),
  );
}

export function formatTime(io: Pick<Io, 'now'>, style: TimeStyle, time: number): string {
  if (style === 'iso') return isoTime(time);
  return style === 'local' ? localTime(time) : relativeTime(time, io.now());
}
