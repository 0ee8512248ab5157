/** What a piece is made with: `import { palette, planets, … } from 'orrery'`. */
export { choosePalette, palette, palettes, paletteChanged } from './colour/palette.mjs';
export { drawGlow } from './draw/glow.mjs';
export { createLabels } from './draw/label.mjs';
export { drawSphere } from './draw/sphere.mjs';
export { createLayer } from './scene/layer.mjs';
export { crowd, group, paint } from './scene/node.mjs';
export { belt } from './sky/belt.mjs';
export { distanceOf } from './sky/body.mjs';
export * from './sky/calendar.mjs';
export * from './sky/orbit.mjs';
export { shorten, shortened } from './sky/scale.mjs';
export { comets, planets } from './sky/solar.mjs';
export { advance, find } from './sky/system.mjs';
export { createStage } from './stage/stage.mjs';
export { italic, mono } from './type/faces.mjs';
