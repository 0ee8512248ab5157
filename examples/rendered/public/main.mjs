import { greeting } from './lib/greeting.mjs';

const output = document.querySelector('output');
output.textContent = greeting(output.dataset.name);

const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => (output.title = data);
worker.postMessage(output.dataset.name);

import.meta.hot?.accept('./lib/greeting.mjs', (module) => {
  output.textContent = module.greeting(output.dataset.name);
});
