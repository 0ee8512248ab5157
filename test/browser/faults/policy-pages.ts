import { createHash } from 'node:crypto';

const INLINE = "document.body.dataset.inline = 'ran'";
const HASH = createHash('sha256').update(INLINE).digest('base64');

export interface PolicyPage {
  readonly html: string;
  /** Whether a navigation gets the page with the loader. */
  readonly isInjected: boolean;
}

/** @param inline attributes of the inline module */
function page(head: string, isInjected: boolean, inline = ''): PolicyPage {
  const scripts = `<script type="module"${inline}>${INLINE}</script>`;
  return {
    html: `<!doctype html><meta charset="utf-8">${head}<title>t</title><body>${scripts}\n`,
    isInjected,
  };
}

const policy = (text: string) => `<meta http-equiv="Content-Security-Policy" content="${text}">`;

/** One page for each kind of policy in `<meta>`, by name. */
export const POLICY_PAGES: Readonly<Record<string, PolicyPage>> = {
  none: page('', true),
  nonce: page(policy("script-src 'nonce-abc'"), true, ' nonce="abc"'),
  'nonce-of-no-script': page(policy("script-src 'nonce-abc'"), false),
  self: page(policy("script-src 'self'"), false),
  'hash-only': page(policy(`script-src 'sha256-${HASH}'`), false),
  'self-unsafe-inline': page(policy("script-src 'self' 'unsafe-inline'"), true),
  'unsafe-inline': page(policy("script-src 'unsafe-inline'"), false),
  'script-none': page(policy("script-src 'none'"), false),
  'images-only': page(policy("img-src 'self'"), true),
  // Browsers ignore this directive in a `<meta>`.
  sandbox: page(policy('sandbox allow-scripts'), true),
  'trusted-types': page(policy("require-trusted-types-for 'script'"), false),
  'meta-off': page('<meta name="modcast" content="off">', false),
};
