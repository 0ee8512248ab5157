import * as parts from 'orrery';
import { choosePalette, createStage, palette, palettes, paletteChanged } from 'orrery';
import { wear } from './colour/palette.mjs';
import { hud } from './hud/hud.mjs';
import { FIRST_PICTURE } from './hud/report.mjs';
import { listenToKeys } from './input/keys.mjs';
import { listenToPointers } from './input/pointer.mjs';
import { load, programme, replaced } from './pieces/index.mjs';
import { readAddress, recall, remember, writeAddress } from './stage/memory.mjs';
import { signal } from './stage/signal.mjs';

const address = readAddress();
choosePalette(address.palette);
wear();

export const stage = createStage({
  canvas: document.querySelector('#drawing'),
  backdrop: document.querySelector('#backdrop'),
});

const shown = signal();
let current = '';

/** Changes to another piece. The last one that was asked for wins, however long each one loads. */
export async function show(id) {
  current = id;
  const piece = await load(id);
  if (id !== current || piece === stage.piece) return;
  if (stage.piece) stage.clock.today();
  stage.show(piece);
  shown.emit(id);
  writeAddress(id, palette.name);
}

function step(by) {
  const at = programme.findIndex(({ id }) => id === current);
  return show(programme[(at + by + programme.length) % programme.length].id);
}

document.body.append(hud(stage, { programme, choose: show, shown }));

listenToPointers(stage.canvas, {
  drag: (dx, dy) => (stage.camera.drag(dx, dy), stage.wake()),
  pinch: (factor) => (stage.camera.pinch(factor), stage.wake()),
  tap: (x, y) => (stage.tap(x, y), stage.wake()),
});

listenToKeys({
  ' ': () => stage.clock.toggle(),
  '+': () => stage.clock.faster(),
  '-': () => stage.clock.slower(),
  0: () => stage.clock.today(),
  p: () => choosePalette((palettes.indexOf(palette) + 1) % palettes.length),
  s: async () => (await import('./stage/poster.mjs')).savePoster(stage),
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
});

replaced.on((piece) => {
  if (piece.title === stage.piece?.title) stage.replace(piece);
});
paletteChanged.on(() => writeAddress(current, palette.name));
addEventListener('hashchange', () => {
  const wanted = readAddress();
  choosePalette(wanted.palette);
  if (wanted.piece) show(wanted.piece);
});

const known = programme.some(({ id }) => id === address.piece);
const last = recall();
if (last?.day) stage.clock.day = last.day;
remember(() => ({ day: stage.clock.day, palette: palette.name }));

// The console is an instrument, too: orrery.show('rings'), or orrery.stage.clock.pace = 200. Not in a script
// of its own: Safari runs none that waits for the same top-level await as another one.
globalThis.orrery = { parts, show, stage };

await show(known ? address.piece : programme[0].id);
requestAnimationFrame(() => {
  performance.mark(FIRST_PICTURE);
  document.body.classList.add('ready');
});
