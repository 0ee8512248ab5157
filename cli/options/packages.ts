import type { Command } from 'commander';
import { DEFAULT_CONDITIONS } from '../../registry/packages/package-resolver.js';

export interface PackageOptions {
  /** False with --no-packages. */
  readonly packages: boolean;
  readonly conditions?: string[];
}

/** Adds the options by which the names that a site imports are resolved to packages. */
export const packageOptions = (command: Command): Command =>
  command
    .option('--no-packages', 'do not look into node_modules for what the site imports by name')
    .option(
      '--conditions <names>',
      `conditions of exports and imports in a package.json, separated by commas; default, and development or production, are added (default: ${DEFAULT_CONDITIONS.join()})`,
      (text: string) => text.split(',').filter((name) => name !== ''),
    );
