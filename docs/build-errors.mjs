// Writes docs/errors.md from the table of codes. `npm run build && node docs/build-errors.mjs`
import { writeFileSync } from 'node:fs';
import { ERROR_CODES } from '../dist/schema/index.js';

const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
const text = `# Errors

Every error of modcast is a \`ModcastError\` with a stable \`code\`, and where it makes sense what was \`expected\` and what was
\`found\`. The command line shows the code behind the message; over the socket it is the \`code\` of an \`error\` message.

| code | meaning |
| --- | --- |
${rows.join('\n')}

In the page, \`modcast.on('error', …)\` also tells \`cache-unavailable\` (IndexedDB is missing, full or broken: this page goes on
in memory), \`boot-failed\` (the page runs natively) and \`hot-failed\` (an update broke off: the next one is tried).
`;
writeFileSync(new URL('errors.md', import.meta.url), text);
