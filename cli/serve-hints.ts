/** As a word of a shell. */
const quoted = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

export interface PublishPlace {
  readonly channel: string;
  /** Absolute. */
  readonly db: string;
  /** Where the registry listens. */
  readonly url: string;
  readonly prefix: string;
}

/** How a site comes to a registry that serves no directory, from here and over HTTP. */
export function publishHint({ channel, db, url, prefix }: PublishPlace): string[] {
  const to = prefix === '/-/' ? url : new URL(prefix, url).href;
  return [
    'Publish a site to it from this machine:',
    `  modcast publish <dir> --channel ${channel} --db ${quoted(db)}`,
    'or from anywhere, with a token:',
    `  modcast token create --scope publish:${channel} --db ${quoted(db)}`,
    `  MODCAST_TOKEN=mc_… modcast publish <dir> --channel ${channel} --to ${to}`,
  ];
}
