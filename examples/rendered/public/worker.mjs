import { greeting } from './lib/greeting.mjs';

onmessage = ({ data }) => postMessage(`${greeting(data)} says a worker.`);
