import type { Hash } from '../schema/hash.js';

/** A header of the service worker's requests that stand for an `import()` in code evaluated from text. */
export const IMPORT_HEADER = 'Modcast-Import';

/**
 * What names a deploy in URLs: the hash of its manifest. For a worker that runs joined modules, a dot and the
 * hash of the deploy's fusion follow.
 */
export type DeployName = string;

/** What names a deploy at the end of a URL's query. */
const DEPLOY = /^([^#]*)[?&]modcast=(([\da-f]{64})(\.[\da-f]{64})?)~?(?=#|$)/;

/**
 * The URL at which a file of a deploy is served as it is in that deploy, whatever is published later. Workers
 * are started there, as they take no import map. The path, relative URLs and other queries stay natural.
 */
export function deployUrl(url: string, deploy: DeployName): string {
  if (DEPLOY.test(url)) return url;
  return url.replace(/^[^#]*/, (before) => `${before}${before.includes('?') ? '&' : '?'}modcast=${deploy}`);
}

/** A fragment, or a spelling of a path that is not the one of the deploy: with a plain character encoded. */
const OTHER_INSTANCE = /#|%(?:2[DE]|3\d|[46][1-9A-F]|[57][\dA]|5F|7E)/i;

/**
 * The same for what a worker imports. With a fragment, or spelled otherwise, a module is an instance of its
 * own, in no run. The server does not hear of a fragment, and some engines request the usual spelling: a
 * tilde after the name tells it.
 */
export const workerModuleUrl = (url: string, deploy: DeployName): string =>
  deployUrl(url, deploy.includes('.') && OTHER_INSTANCE.test(url) ? `${deploy}~` : deploy);

/** Whether a URL of `workerModuleUrl` is that of an instance of its own. */
export const isOwnInstance = (url: string): boolean => /~(?:#|$)/.test(url) && DEPLOY.test(url);

/** The name of the deploy in a URL of `deployUrl`; undefined in any other. */
export const deployOfUrl = (url: string): DeployName | undefined => DEPLOY.exec(url)?.[2];

/** The manifest's hash in a URL of `deployUrl`; undefined in any other. */
export const manifestOfUrl = (url: string): Hash | undefined => DEPLOY.exec(url)?.[3] as Hash | undefined;

/** The fusion's hash in a URL of `deployUrl` that a worker of joined modules requests. */
export const fusionOfUrl = (url: string): Hash | undefined => DEPLOY.exec(url)?.[4]?.slice(1);

/** The natural URL of a URL of `deployUrl`. Any other stays as it is. */
export const withoutDeploy = (url: string): string => url.replace(DEPLOY, '$1');

/** A text of the browser's with natural URLs. */
export const withoutDeploys = (text: string): string =>
  text.replace(/[^\s'"(@]+[?&]modcast=[\da-f]{64}(\.[\da-f]{64})?~?/g, withoutDeploy);
