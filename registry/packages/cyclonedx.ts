import parseLicense from 'spdx-expression-parse';
import { blake3 } from '../hash.js';
import type { Deploy } from '../store/store.js';
import type { DeployPackage, DeployPackages } from './deploy-packages.js';

/** The version of the CycloneDX specification. */
export const CYCLONEDX_VERSION = '1.6';

interface HashEntry {
  readonly alg: string;
  readonly content: string;
}

/** The parts of a component of CycloneDX that are written. */
interface Component {
  readonly type: 'application' | 'library' | 'file';
  readonly 'bom-ref'?: string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly hashes?: readonly HashEntry[];
  readonly licenses?: readonly object[];
  readonly purl?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly components?: readonly Component[];
}

/** A bill of materials: https://cyclonedx.org/docs/1.6/json/ */
export interface Bom {
  readonly $schema: string;
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: typeof CYCLONEDX_VERSION;
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: object;
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

export interface BomOptions {
  /** Version of modcast. */
  readonly tool: string;
  /** Whether to list the files of each package, with their hashes. */
  readonly withFiles: boolean;
}

/**
 * The packages of a deploy as a CycloneDX document. The same deploy always gives the same document.
 */
export function cycloneDx(
  deploy: Deploy,
  { packages, direct }: DeployPackages,
  { tool, withFiles }: BomOptions,
): Bom {
  const root = `deploy-${deploy.number}`;
  return {
    $schema: `http://cyclonedx.org/schema/bom-${CYCLONEDX_VERSION}.schema.json`,
    bomFormat: 'CycloneDX',
    specVersion: CYCLONEDX_VERSION,
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([root, deploy.channel, deploy.time, deploy.manifest]))}`,
    version: 1,
    metadata: {
      timestamp: new Date(deploy.time).toISOString(),
      tools: { components: [{ type: 'application', name: 'modcast', version: tool }] },
      component: {
        type: 'application',
        'bom-ref': root,
        name: deploy.channel,
        version: String(deploy.number),
        properties: [
          { name: 'modcast:manifest', value: deploy.manifest },
          ...(deploy.commit === null ? [] : [{ name: 'modcast:commit', value: deploy.commit }]),
        ],
      } satisfies Component,
    },
    components: packages.map((one) => componentOf(one, withFiles)),
    dependencies: [
      { ref: root, dependsOn: direct },
      ...packages.map(({ id, dependencies }) => ({ ref: id, dependsOn: dependencies })),
    ],
  };
}

function componentOf(one: DeployPackage, withFiles: boolean): Component {
  const { id, version, license, integrity, files } = one;
  const [, group, name] = /^(?:(@[^/]+)\/)?(.+)$/.exec(one.name)!;
  const hashes = integrity === undefined ? [] : archiveHashes(integrity);
  return {
    type: 'library',
    'bom-ref': id,
    ...(group === undefined ? {} : { group }),
    name: name!,
    version,
    ...(hashes.length === 0 ? {} : { hashes }),
    ...(license === undefined ? {} : { licenses: [licenseOf(license)] }),
    purl: packageUrl(one),
    ...(withFiles
      ? {
          components: files.map(({ path, hash }): Component => ({
            type: 'file',
            name: path,
            hashes: [{ alg: 'BLAKE3', content: hash }],
          })),
        }
      : {}),
  };
}

/** `pkg:npm/%40lit/reactive-element@2.1.2` (github.com/package-url/purl-spec) */
function packageUrl({ name, version }: Pick<DeployPackage, 'name' | 'version'>): string {
  return `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${encodeURIComponent(version)}`;
}

/** An identifier or an expression of SPDX (spdx.org/licenses), else the text as a name. */
function licenseOf(text: string): object {
  try {
    const parsed = parseLicense(text);
    // `GPL-2.0+` and exceptions make an expression of one license.
    return 'license' in parsed && parsed.license === text ? { license: { id: text } } : { expression: text };
  } catch {
    return { license: { name: text } };
  }
}

const ALGORITHMS: ReadonlyMap<string, readonly [alg: string, bytes: number]> = new Map([
  ['sha1', ['SHA-1', 20]],
  ['sha256', ['SHA-256', 32]],
  ['sha384', ['SHA-384', 48]],
  ['sha512', ['SHA-512', 64]],
]);

/** The hashes of Subresource Integrity: `sha512-…`, several separated by spaces. */
function archiveHashes(integrity: string): HashEntry[] {
  return integrity.split(/\s+/).flatMap((one): HashEntry[] => {
    const [, name, base64] = /^(sha\d+)-([\w+/]+={0,2})(?:\?.*)?$/.exec(one) ?? [];
    const [alg, size] = ALGORITHMS.get(name ?? '') ?? [];
    const bytes = Buffer.from(base64 ?? '', 'base64');
    return alg !== undefined && bytes.length === size ? [{ alg, content: bytes.toString('hex') }] : [];
  });
}

/** A UUID of version 8, made of a hash (RFC 9562). */
function uuidOf(text: string): string {
  const hex = blake3(Buffer.from(text));
  const variant = ((parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
