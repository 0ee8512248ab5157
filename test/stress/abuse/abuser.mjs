// Runs one abuse until it is killed. Arguments: the abuse's name, and its target as JSON.
import { ABUSES } from './abuses.mjs';

const [name, target] = process.argv.slice(2);
const counts = {};
const count = (answer) => {
  counts[answer] = (counts[answer] ?? 0) + 1;
};
process.on('message', () => process.send(counts));
await ABUSES[name].run({ ...JSON.parse(target), count });
