import { isHash, type Channel, type Hash } from '../../../schema/index.js';
import type { LoaderName } from '../../pages/read-loader.js';

/** A script that pages load by a URL with its version. */
export type ScriptName = LoaderName | 'hot.js' | 'offline-page.js' | 'direct-fallback.js';

const SCRIPTS: readonly string[] = [
  'loader.js',
  'fused-loader.js',
  'hot.js',
  'offline-page.js',
  'direct-fallback.js',
] satisfies ScriptName[];

const isScript = (name: string): name is ScriptName => SCRIPTS.includes(name);

/** A route of the registry that is read by GET. Each `path` is as in the URL, not decoded. */
export type RegistryRoute =
  | { readonly kind: 'script'; readonly name: ScriptName }
  | { readonly kind: 'worker-runtime' }
  | { readonly kind: 'service-worker' }
  | { readonly kind: 'notice' }
  | { readonly kind: 'health' }
  | { readonly kind: 'channel-manifest'; readonly channel: Channel }
  | { readonly kind: 'channel-head'; readonly channel: Channel }
  | { readonly kind: 'deploy-manifest'; readonly deploy: number }
  | { readonly kind: 'deploy-file'; readonly deploy: number; readonly path: string }
  | { readonly kind: 'module'; readonly hash: Hash; readonly path: string }
  | { readonly kind: 'blob'; readonly hash: Hash }
  /** Its name, as in the URL, is for stack traces, and tells which runs are versions of each other. */
  | { readonly kind: 'run'; readonly hash: Hash; readonly name: string; readonly depth: number }
  | { readonly kind: 'run-map'; readonly hash: Hash }
  /** A natural URL of a deploy, for pages that start without the loader. */
  | { readonly kind: 'direct'; readonly fusion: Hash; readonly path: string };

/**
 * @param rest what follows the registry's prefix in a URL's path
 * @returns undefined when there is no such route
 */
export function parseRegistryRoute(rest: string): RegistryRoute | undefined {
  if (isScript(rest)) return { kind: 'script', name: rest };
  if (rest === 'worker.js') return { kind: 'worker-runtime' };
  if (rest === 'offline.js') return { kind: 'service-worker' };
  if (rest === 'notice.js') return { kind: 'notice' };
  if (rest === 'health') return { kind: 'health' };
  const [name, first = '', ...more] = rest.split('/');
  const tail = more.join('/');
  if (name === 'channels' && tail === 'manifest.json') return { kind: 'channel-manifest', channel: first };
  if (name === 'channels' && tail === 'head.html') return { kind: 'channel-head', channel: first };
  if (name === 'deploys' && /^[1-9]\d{0,14}$/.test(first)) {
    const deploy = Number(first);
    if (tail === 'manifest.json') return { kind: 'deploy-manifest', deploy };
    if (more[0] === 'at') return { kind: 'deploy-file', deploy, path: more.slice(1).join('/') };
  }
  if (name === 'modules' && isHash(first)) return { kind: 'module', hash: first, path: tail };
  if (name === 'blobs' && isHash(first) && tail === '') return { kind: 'blob', hash: first };
  if (name === 'direct' && isHash(first) && more.length > 0)
    return { kind: 'direct', fusion: first, path: tail };
  if (name === 'runs' && isHash(first) && tail !== '')
    return { kind: 'run', hash: first, name: tail, depth: more.length };
  if (name === 'runs' && more.length === 0 && first.endsWith('.map')) {
    const hash = first.slice(0, -'.map'.length);
    if (isHash(hash)) return { kind: 'run-map', hash };
  }
  return undefined;
}
