import { greeting } from './lib/greeting.mjs';

let greet = greeting;

onmessage = ({ data }) => postMessage(`${greet(data)} says a worker.`);

import.meta.hot?.accept('./lib/greeting.mjs', (module) => {
  greet = module.greeting;
});
