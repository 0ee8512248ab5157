// Writes docs/errors.md from the table of codes. `npm run build && node docs/build-errors.mjs`
import { writeFileSync } from 'node:fs';
import { ERROR_CODES } from '../dist/schema/index.js';

const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
const text = `# Errors

Every error of modcast is a \`ModcastError\` with a stable \`code\`, and often with the \`expected\` and the \`found\` value. The command line
shows the code after the message. Over the socket it is the \`code\` of an \`error\` message. This page is generated from the code by \`npm run docs\`.

| code | meaning |
| --- | --- |
${rows.join('\n')}

In the page, \`modcast.on('error', …)\` has five more codes: \`cache-unavailable\` (IndexedDB is missing, full or broken, so this page
keeps its blobs in memory), \`boot-failed\` (the page runs natively), \`policy-forbids\` (the page
runs natively, because of its policy), \`deploy-gone\` (the server has the page's deploy no more, so that imports of what
it has not loaded fail: reload the page) and \`hot-failed\` (an update failed; the next one is tried).
`;
writeFileSync(new URL('errors.md', import.meta.url), text);
