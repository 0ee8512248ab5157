// Runs one abuse until it is killed, and reports its answers when it is asked.
// Arguments: the abuse's name, and its target as JSON.
import { ABUSES } from './abuses.mjs';

const [name, target] = process.argv.slice(2);
const counts = {};
/** The first one is reported, so that the measurement starts. */
const count = (answer) => {
  if (Object.keys(counts).length === 0) process.send('answered');
  counts[answer] = (counts[answer] ?? 0) + 1;
};
process.on('message', () => process.send(counts));
await ABUSES[name].run({ ...JSON.parse(target), count });
