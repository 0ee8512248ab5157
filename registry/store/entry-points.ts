import { createHash } from 'node:crypto';
import { EMPTY_MANIFEST, manifestFromJson, manifestToJson, type Manifest } from '../../schema/index.js';

/** The part of a manifest without its modules. It seldom changes, so many deploys share one record. */
export type EntryPoints = Omit<Manifest, 'modules'>;

/** Canonical: equal values give equal text. */
export function entryPointsToJson({ entries, importMap }: EntryPoints): string {
  return JSON.stringify(manifestToJson({ ...EMPTY_MANIFEST, entries, importMap }));
}

export function entryPointsFromJson(json: string): EntryPoints {
  const { entries, importMap } = manifestFromJson(JSON.parse(json));
  return { entries, importMap };
}

/** Finds equal records, and damaged ones. */
export const siteHash = (json: string): Buffer => createHash('sha256').update(json).digest();
