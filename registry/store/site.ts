import { EMPTY_MANIFEST, manifestFromJson, manifestToJson, type Manifest } from '../../schema/index.js';

/** What a manifest says besides its modules. It seldom changes, so that many deploys share one. */
export type Site = Omit<Manifest, 'modules'>;

/** Canonical: equal sites give equal text. */
export function siteToJson({ entries, importMap }: Site): string {
  return JSON.stringify(manifestToJson({ ...EMPTY_MANIFEST, entries, importMap }));
}

export function siteFromJson(json: string): Site {
  const { entries, importMap } = manifestFromJson(JSON.parse(json));
  return { entries, importMap };
}
