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

/**
 * Whether the policy allows the loader's script and an inline import map. It may forbid blob modules: then
 * the loader uses HTTP targets.
 */
export function allowsLoader(policy: string, nonce: string | undefined): boolean {
  const found = directives(policy);
  if (found.has('require-trusted-types-for')) return false;
  const sources = found.get('script-src-elem') ?? found.get('script-src') ?? found.get('default-src');
  if (sources === undefined) return true;
  const nonces = sources.filter((source) => source.startsWith("'nonce-"));
  if (nonce !== undefined && nonces.includes(`'nonce-${nonce.toLowerCase()}'`)) return true;
  const strict = nonces.length > 0 || sources.some((source) => /^'(?:sha\d+-|strict-dynamic)/.test(source));
  const own = sources.some((source) => source === "'self'" || source === '*' || /^https?:$/.test(source));
  return own && !strict && sources.includes("'unsafe-inline'");
}
