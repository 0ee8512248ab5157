/** What a policy forbids that the loader needs. */
export interface Forbidden {
  readonly code: 'inline-script' | 'own-script' | 'own-connection' | 'trusted-types';
  /** The directive that forbids it. */
  readonly directive: string;
}

/** A policy's directives by name (CSP Level 3, section 2.2.1). The first of equal names counts. */
function directives(policy: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const directive of policy.split(';')) {
    const [name, ...values] = directive.trim().split(/\s+/);
    const key = name!.toLowerCase();
    if (key !== '' && !found.has(key))
      found.set(
        key,
        values.map((value) => value.toLowerCase()),
      );
  }
  return found;
}

const SCRIPT_DIRECTIVES = ['script-src-elem', 'script-src', 'default-src'];

/** The directive that governs script elements. */
function scriptDirective(policy: string): { text: string; sources: readonly string[] } | undefined {
  const found = directives(policy);
  const name = SCRIPT_DIRECTIVES.find((directive) => found.has(directive));
  if (name === undefined) return undefined;
  const sources = found.get(name)!;
  return { text: [name, ...sources].join(' '), sources };
}

const isNonce = (source: string) => source.startsWith("'nonce-");
const isHashOrStrict = (source: string) => /^'(?:sha\d+-|strict-dynamic)/.test(source);
const isOwn = (source: string) => source === "'self'" || source === '*' || /^https?:$/.test(source);

/** Whether the policy allows a script of the page's own origin that has no nonce. */
export function allowsOwnScript(policy: string): boolean {
  const sources = scriptDirective(policy)?.sources;
  return sources === undefined || (sources.some(isOwn) && !sources.includes("'strict-dynamic'"));
}

/** Headers of a response by lower-case name, as Node has them. */
export type HeaderValues = Readonly<Record<string, number | string | readonly string[] | undefined>>;

/** The directives that decide about the loader. */
const DECIDING = /^(?:script-src(?:-elem)?|default-src|connect-src|require-trusted-types-for)$/;

/**
 * The policies in a response's headers, those that only report included, without directives that do not
 * concern the loader. Each response may have a nonce of its own: the result has another one, `NONCE`. So the
 * result can be a key.
 *
 * @param headers by lower-case name
 */
export const policiesOfHeaders = (headers: HeaderValues): string[] =>
  ['content-security-policy', 'content-security-policy-report-only']
    .flatMap((name) => headers[name] ?? [])
    .flatMap((value) => String(value).split(','))
    .map((policy) => {
      const found = [...directives(policy)].filter(([name]) => DECIDING.test(name));
      const text = found.map(([name, values]) => [name, ...values].join(' ')).join('; ');
      return text.replace(/'nonce-[^']+'/g, `'nonce-${NONCE}'`);
    });

const NONCE = 'any';

/** A policy of `policiesOfHeaders` as if its nonce were the page's, which the server of the page fills in. */
export const withNonce = (policy: string, nonce: string | undefined): string =>
  nonce === undefined ? policy : policy.replaceAll(`'nonce-${NONCE}'`, `'nonce-${nonce}'`);

/** Why the policy restricts Trusted Types. Undefined when it does not. */
export function forbiddenTypes(policy: string): Forbidden | undefined {
  if (!directives(policy).has('require-trusted-types-for')) return undefined;
  return { code: 'trusted-types', directive: "require-trusted-types-for 'script'" };
}

/**
 * Why the policy does not allow the loader's scripts and an inline import map. Undefined when it does. It may
 * forbid blob modules: then the loader uses HTTP targets.
 */
export function forbiddenScript(policy: string, nonce: string | undefined): Forbidden | undefined {
  const found = scriptDirective(policy);
  if (found === undefined) return undefined;
  const { sources, text } = found;
  if (nonce !== undefined && sources.includes(`'nonce-${nonce.toLowerCase()}'`)) return undefined;
  const isStrict = sources.some((source) => isNonce(source) || isHashOrStrict(source));
  if (isStrict || !sources.includes("'unsafe-inline'")) return { code: 'inline-script', directive: text };
  return sources.some(isOwn) ? undefined : { code: 'own-script', directive: text };
}

/** Why the policy does not allow the loader's socket and requests, or may not. Undefined when it does. */
export function forbiddenConnection(policy: string): Forbidden | undefined {
  const found = directives(policy);
  const name = ['connect-src', 'default-src'].find((directive) => found.has(directive));
  if (name === undefined) return undefined;
  const sources = found.get(name)!;
  // The server does not know by which hosts its pages are reached, so it leaves that to the loader.
  const mayReach = (source: string) => source === "'self'" || source === '*' || /^wss?:/.test(source);
  if (sources.some(mayReach)) return undefined;
  return { code: 'own-connection', directive: [name, ...sources].join(' ') };
}
