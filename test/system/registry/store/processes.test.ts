import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { lockDatabase } from '../../../../registry/store/lock.js';
import { openSqliteStore } from '../../../../registry/store/sqlite.js';
import { manifestToJson } from '../../../../schema/index.js';
import { blobOf, manifestOf } from '../../../contract/store-fixture.js';
import { temporaryDirectory } from '../../../unit/registry/store/temporary.js';
import { startChild } from './child.js';

const at = temporaryDirectory();

test('a commit without durability survives a killed process', async () => {
  const child = await startChild(
    `
    import { openSqliteStore } from './registry/store/sqlite.js';
    import { blobOf, deployOf, manifestOf } from './test/contract/store-fixture.js';
    const store = await openSqliteStore(${JSON.stringify(at('a.db'))});
    process.on('message', async () => {
      const fresh = deployOf(manifestOf([['a.mjs', 'a']]), { blobs: [blobOf('a')], durable: false });
      process.send!(await store.commit(fresh));
    });
    process.send!('ready');
  `,
    at(),
  );
  const committed = await child.ask('go');
  await child.kill();
  const store = await openSqliteStore(at('a.db'));
  expect({ deploy: await store.head('dev'), created: true }).toEqual(committed);
  expect(await store.blobs([blobOf('a').hash])).toStrictEqual([blobOf('a')]);
  await store.close();
});

test('processes that publish to one channel at the same time all succeed', async () => {
  const program = (name: string) => `
    import { openSqliteStore } from './registry/store/sqlite.js';
    import { publish } from './test/contract/store-fixture.js';
    const store = await openSqliteStore(${JSON.stringify(at('a.db'))});
    process.on('message', async () => {
      for (let i = 0; i < 10; ) {
        try {
          await publish(store, [['${name}.mjs', \`${name} \${i}\`]], { author: '${name}' });
          i++;
        } catch (error) {
          if (error.code !== 'head-moved') process.send!(String(error));
        }
      }
      process.send!('done');
    });
    process.send!('ready');
  `;
  const names = ['ada', 'grace'];
  const children = await Promise.all(names.map((name) => startChild(program(name), at())));
  try {
    expect(await Promise.all(children.map(({ ask }) => ask('go')))).toEqual(['done', 'done']);
  } finally {
    await Promise.all(children.map(({ kill }) => kill()));
  }
  const store = await openSqliteStore(at('a.db'));
  const deploys = (await store.deploys()).toReversed();
  expect(deploys.map(({ number, parent }) => [number, parent])).toEqual(
    Array.from({ length: 20 }, (_, i) => [i + 1, i === 0 ? null : i]),
  );
  const texts = { ada: 0, grace: 0 };
  for (const { number, author } of deploys) {
    const name = author as keyof typeof texts;
    const expected = manifestOf([[`${name}.mjs`, `${name} ${texts[name]++}`]]);
    expect(manifestToJson((await store.manifest(number))!)).toEqual(manifestToJson(expected));
  }
  await store.close();
});

test('migrations run once if several processes create a database at the same time', async () => {
  const program = `
    import { openSqliteStore } from './registry/store/sqlite.js';
    process.on('message', async (file: string) => {
      const opened = await openSqliteStore(file).then((store) => store.close().then(() => 'opened'), String);
      process.send!(opened);
    });
    process.send!('ready');
  `;
  const children = await Promise.all([1, 2, 3].map(() => startChild(program, at())));
  try {
    for (let i = 0; i < 8; i++) {
      const answers = await Promise.all(children.map(({ ask }) => ask(at(`${i}.db`))));
      expect(answers).toEqual(['opened', 'opened', 'opened']);
    }
  } finally {
    await Promise.all(children.map(({ kill }) => kill()));
  }
});

test('the lock of a killed process is free', async () => {
  const file = at('modcast.db');
  const note = { pid: 4711, directory: '/srv/site', channel: 'dev', started: 0 };
  const child = await startChild(
    `
    import { lockDatabase } from './registry/store/lock.js';
    const file = ${JSON.stringify(file)};
    await lockDatabase(file, { pid: process.pid, directory: 'child', channel: 'dev', started: 0 });
    process.send!('locked');
    setInterval(() => {}, 1000);
    `,
    at(),
  );
  expect(child.greeting).toBe('locked');
  await expect(lockDatabase(file, note)).rejects.toMatchObject({
    code: 'store-locked',
    found: { pid: child.pid, directory: 'child' },
  });
  await child.kill();
  const lock = await lockDatabase(file, note);
  expect(JSON.parse(await readFile(`${file}-server.note`, 'utf8'))).toEqual(note);
  await lock.release();
});
