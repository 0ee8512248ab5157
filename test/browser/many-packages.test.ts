import { expect, it } from 'vitest';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';
import { pageOf, serveDirectory, siteWith } from './packages-site.js';

/** What each package shows that it does. Packages have one instance for all that import them. */
const SOURCES = {
  d3: `import { extent, scaleLinear, select } from 'd3';
export default () => {
  const svg = select('main').append('svg');
  svg.selectAll('circle').data([1, 2, 3]).join('circle').attr('cx', scaleLinear([0, 3], [0, 30]));
  return [extent([2, 1, 3]).join('-'), document.querySelectorAll('main circle')[1].getAttribute('cx')];
};`,
  rxjs: `import { firstValueFrom, of } from 'rxjs';
import { map, toArray } from 'rxjs/operators';
import { Subject } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';
export default async () => [
  await firstValueFrom(of(1, 2).pipe(map((n) => n * 2), toArray())), new Subject() instanceof Object, typeof fromFetch,
];`,
  'date-fns': `import { addDays, format } from 'date-fns';
import { de } from 'date-fns/locale/de';
export default () => [format(addDays(new Date(2020, 1, 28), 1), 'd. MMMM', { locale: de })];`,
  three: `import { Camera, Object3D, Vector3 } from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';
import { GLTFExporter } from 'three/addons/exporters/GLTFExporter.js';
export default () => {
  const controls = new OrbitControls(new Camera(), document.createElement('div'));
  return [controls.target instanceof Vector3, new Object3D().isObject3D, typeof GLTFExporter];
};`,
  codemirror: `import { EditorView, basicSetup } from 'codemirror';
import { EditorState } from '@codemirror/state';
export default () => {
  const view = new EditorView({ doc: 'one', extensions: [basicSetup], parent: document.querySelector('main') });
  view.dispatch({ changes: { from: 3, insert: ' two' } });
  return [view.state.doc.toString(), view.state instanceof EditorState, document.querySelectorAll('.cm-line').length];
};`,
  vue: `import { createApp, h, nextTick, ref } from 'vue';
export default async () => {
  const count = ref(1);
  createApp({ render: () => h('b', { id: 'vue' }, 'vue ' + count.value) }).mount(
    document.querySelector('main').appendChild(document.createElement('div')),
  );
  count.value = 2;
  await nextTick();
  return [document.querySelector('#vue').textContent];
};`,
  '@babylonjs/core': `import { FreeCamera } from '@babylonjs/core/Cameras/freeCamera';
import { NullEngine } from '@babylonjs/core/Engines/nullEngine';
import { Vector3 } from '@babylonjs/core/Maths/math.vector.js';
import { CreateBox } from '@babylonjs/core/Meshes/Builders/boxBuilder';
import { Scene } from '@babylonjs/core/scene';
export default () => {
  const scene = new Scene(new NullEngine());
  const camera = new FreeCamera('camera', new Vector3(0, 0, -5), scene);
  CreateBox('box', { size: 2 }, scene);
  scene.render();
  return [scene.getActiveMeshes().length, scene.activeCamera === camera, camera.position instanceof Vector3];
};`,
} as const;

const RESULTS = {
  d3: ['1-3', '20'],
  rxjs: [[2, 4], true, 'function'],
  'date-fns': ['29. Februar'],
  three: [true, true, 'function'],
  codemirror: ['one two', true, 1],
  vue: ['vue 2'],
  '@babylonjs/core': [1, true, true],
};

inEachEngine((engine) => {
  const newPage = sharedContext(engine);

  it('runs packages of many kinds on one page, with one instance of each', async () => {
    const names = Object.keys(SOURCES) as (keyof typeof SOURCES)[];
    const main = [
      ...names.map((_, at) => `import run${at} from './use-${at}.js';`),
      'const results = {};',
      ...names.map((name, at) => `results['${name}'] = await run${at}();`),
      'globalThis.results = results;',
    ];
    const files = Object.fromEntries(names.map((name, at) => [`use-${at}.js`, SOURCES[name]]));
    const packages = ['d3', 'rxjs', 'date-fns', 'three', 'codemirror', '@codemirror', 'vue', '@babylonjs'];
    const directory = await siteWith(packages, {
      'index.html': pageOf(`import './main.js';`),
      ...files,
      'main.js': main.join('\n'),
    });
    const page = await newPage();
    await page.goto(await serveDirectory(directory));
    const results = await page.until(() => (globalThis as { results?: object }).results);
    expect(results).toEqual(RESULTS);
  });
});
