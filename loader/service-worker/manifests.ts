import type { Hash } from '../../schema/hash.js';
import { applyDelta, manifestBytes, type ManifestDelta } from '../../schema/manifest.js';
import type { StoredDeploy } from './deploys.js';
import type { KeptFiles } from './kept-files.js';
import { toResponse } from './pages.js';
import { keptHeaders } from './responses.js';

export interface ManifestsOptions {
  readonly kept: Pick<KeptFiles, 'response'>;
  /** The newest deploy that pages have stored. */
  readonly newest: () => Promise<StoredDeploy | undefined>;
  /** URL of what the deploys are below. Ends with "/". */
  readonly deploysUrl: string;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * Manifests of deploys, for pages without a socket. One that is kept is not requested again, and of another
 * one the server sends how it differs from the one stored last.
 */
export class Manifests {
  readonly #options: ManifestsOptions;

  constructor(options: ManifestsOptions) {
    this.#options = options;
  }

  /** Whether the URL is that of a deploy's manifest. */
  has(url: string): boolean {
    const { deploysUrl } = this.#options;
    return url.startsWith(deploysUrl) && /^\d+\/manifest\.json$/.test(url.slice(deploysUrl.length));
  }

  /**
   * A manifest as the server sends it. It is not verified here: callers know its hash, and check it.
   *
   * @throws TypeError when the network fails
   */
  async answer(url: string): Promise<Response> {
    const { kept, newest, deploysUrl, fetch } = this.#options;
    const known = await kept.response(url).catch(() => undefined);
    if (known !== undefined) return toResponse(known);
    const base = await newest().catch(() => undefined);
    if (base === undefined) return fetch(url);
    if (base.fusion !== null && url === `${deploysUrl}${base.number}/manifest.json`) return stored(base);
    const response = await fetch(`${url}?since=${base.hash}`);
    if (!response.ok) return response;
    const json = (await response.clone().json()) as Partial<ManifestDelta> & { readonly since?: Hash };
    if (json.since !== base.hash) return response;
    const manifest = applyDelta(base.manifest, json as ManifestDelta);
    return new Response(manifestBytes(manifest), { headers: keptHeaders(response) as [string, string][] });
  }
}

function stored({ manifest, number, fusion }: StoredDeploy): Response {
  const headers = {
    'Content-Type': 'application/json',
    'Modcast-Deploy': String(number),
    'Modcast-Fusion': fusion!,
  };
  return new Response(manifestBytes(manifest), { headers });
}
