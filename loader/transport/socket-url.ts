/**
 * The URL of a registry's socket, without what the client has.
 *
 * @param prefix the registry's, as a URL
 * @param registry the one that has to answer; null for any
 */
export const socketUrl = (prefix: string, registry: string | null): string =>
  `${prefix.replace(/^http/, 'ws')}socket?${registry === null ? '' : `registry=${registry}&`}`;
