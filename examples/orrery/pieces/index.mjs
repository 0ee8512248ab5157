import { signal } from '../stage/signal.mjs';

/** The programme, in the order of the menu. A piece's id is its file's name. */
export const programme = [
  { id: 'orrery', title: 'Orrery' },
  { id: 'rosette', title: 'Rosette' },
  { id: 'ptolemy', title: 'Ptolemy' },
  { id: 'rings', title: 'Rings' },
  { id: 'wind', title: 'Wind' },
];

/** A piece is loaded when it is first asked for. An unknown id is the first piece's. */
export function load(id) {
  const known = programme.some((entry) => entry.id === id) ? id : programme[0].id;
  return import(`./${known}.mjs`);
}

/** Emits the new version of a piece when the piece was saved, or a module that only pieces use. */
export const replaced = signal();

// Only a server with hot reload sets `import.meta.hot`.
import.meta.hot?.accept(
  programme.map(({ id }) => `./${id}.mjs`),
  (pieces) => pieces.filter(Boolean).forEach(replaced.emit),
);
