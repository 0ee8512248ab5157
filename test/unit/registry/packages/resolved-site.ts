import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import type { PackageMap } from '../../../../registry/packages/package-map.js';
import { PACKAGES_FILES, PACKAGES_MAP } from '../../../../schema/index.js';
import type { PackageSettings } from '../../../../registry/packages/packages.js';
import { site, type Files } from '../site.js';

/** A page whose inline script has this source. */
export const page = (source: string, map = ''): string => `${map}<script type="module">${source}</script>`;

/** A package in `node_modules`. @param description fields of its `package.json`, besides name and version */
export function installed(name: string, files: Files, description: object = {}, at = 'node_modules'): Files {
  const json = JSON.stringify({ name, version: '1.0.0', ...description });
  const all = { 'package.json': json, ...files };
  return Object.fromEntries(Object.entries(all).map(([file, text]) => [`${at}/${name}/${file}`, text]));
}

/** What a site with these files is published as. */
export async function resolvedSite(files: Files, settings: Partial<PackageSettings> = {}) {
  return resolvedDirectory(await site(files), settings);
}

/** @param directory of the site */
export async function resolvedDirectory(directory: string, settings: Partial<PackageSettings> = {}) {
  const packages = { mode: 'production' as const, conditions: ['browser', 'module', 'import'], ...settings };
  const content = await readSite(directory, DEFAULT_FILTER, undefined, { packages });
  const { manifest } = content;
  const text = (path: string) => Buffer.from(content.bytes(manifest.modules.get(path)!.hash)).toString();
  return {
    manifest,
    content,
    directory,
    text,
    paths: [...manifest.modules.keys()]
      .filter((path) => path.startsWith('npm/') && !PACKAGES_FILES.includes(path))
      .toSorted(),
    map: manifest.modules.has(PACKAGES_MAP)
      ? (JSON.parse(text(PACKAGES_MAP)) as PackageMap)
      : { imports: {}, scopes: {} },
    problems: content.packageProblems.map(({ path, line, message }) => `${path}:${line} ${message}`),
  };
}
