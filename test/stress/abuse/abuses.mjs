// What a client can do to a server. Each abuse runs until its process ends, and counts the server's answers.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { LIMITS, encodePackHeader, encodeSegment } from '../../../dist/schema/index.js';
import { blake3 } from '../../../dist/registry/hash.js';

const repeat = async (parallel, work) => {
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (;;) await work();
    }),
  );
};

/** A request, and the status of its answer. */
async function ask({ url, count }, path, init = {}) {
  try {
    const response = await fetch(`${url}${path}`, init);
    await response.arrayBuffer();
    count(response.status);
  } catch {
    // The server answers some requests before it has read them, and closes the connection.
    count('cut');
  }
}

const post = (abuse, token, path, type, body) =>
  ask(abuse, `-/publish/${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': type },
    body,
  });

/** A connection that sends text and does not read. */
function rawClient({ port, count }, text) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('close', () => count('closed'));
  socket.pause();
  socket.write(text);
  return socket;
}

const socketUrl = ({ port }, query = '') =>
  `ws://127.0.0.1:${port}/-/socket?protocol=1&channel=production${query}`;

/** Opens a socket. Resolves once it is closed, with the code. */
function webSocket(abuse, opened, query) {
  const origin = `http://127.0.0.1:${abuse.port}`;
  const socket = new WebSocket(socketUrl(abuse, query), { origin, perMessageDeflate: false });
  socket.on('error', () => {});
  socket.on('open', () => {
    abuse.count('open');
    opened(socket);
  });
  return new Promise((resolve) => {
    socket.on('close', (code) => {
      abuse.count(code);
      resolve();
    });
  });
}

const UNSENT_BYTES = 4 * 1024 * 1024;

/** Sends a message as fast as it can, and connects again when it is disconnected. */
const flood = (message, query) => (abuse) => {
  const text = JSON.stringify(message(abuse));
  return repeat(4, async () => {
    await webSocket(
      abuse,
      (socket) => {
        const send = () => {
          // A server that has stopped reading must not fill the memory of this process.
          for (let i = 0; i < 500 && socket.bufferedAmount < UNSENT_BYTES; i++) socket.send(text);
          if (socket.readyState === WebSocket.OPEN) setImmediate(send);
        };
        send();
      },
      query,
    );
    await pause(20);
  });
};

const rows = (count, hash) =>
  Array.from({ length: count }, (_, i) => [`some/folder/module-${i}.mjs`, hash, 20, 'text/javascript']);

const proposal = (manifest) =>
  JSON.stringify({
    manifest: { modcast: 1, entries: [], importMap: null, ...manifest },
    author: 'x',
    message: '',
    commit: null,
  });

/** Opens a plan for one blob of a size, and returns its lease. */
async function leaseFor({ url, token }, hash, size) {
  const body = proposal({ modules: [['a.bin', hash, size, 'application/octet-stream']] });
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const response = await fetch(`${url}-/publish/other/plan`, { method: 'POST', headers, body });
  return (await response.json()).lease;
}

/** A pack of some KB that inflates to `size` zero bytes under a wrong hash. */
function inflatingPack(hash, size) {
  const length = [];
  for (let rest = size; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) break;
  }
  const raw = Buffer.concat([Buffer.from(hash, 'hex'), Buffer.from([0, 0, ...length]), Buffer.alloc(size)]);
  const body = deflateSync(raw, { level: 9 });
  const segment = encodeSegment({ encoding: 'deflate', count: 1, rawLength: raw.length, body });
  return Buffer.concat([encodePackHeader(1), segment]);
}

const inflate = (size) => async (abuse) => {
  const hash = blake3(randomBytes(8));
  const lease = await leaseFor(abuse, hash, Math.min(size, 1000));
  const pack = inflatingPack(hash, size);
  await repeat(20, () => post(abuse, abuse.token, `${lease}/blobs`, 'application/octet-stream', pack));
};

const HEADERS = 'Host: localhost\r\nAccept: */*\r\n';

const garbage = () => '['.repeat(100_000);

/** Each abuse with the answers that it may get. */
export const ABUSES = {
  'booted-flood': {
    answers: ['open', 1008, 1006],
    run: flood(() => ({ type: 'booted', deploy: 1, ms: 1, from: 'cache', bytes: 0 })),
  },
  'failed-flood': {
    answers: ['open', 1008, 1006],
    run: flood(() => ({ type: 'failed', deploy: 1, stage: 'x', message: 'y'.repeat(4000) })),
  },
  'message-flood': {
    answers: ['open', 1008, 1006],
    run: flood(() => ({ type: 'message', topic: 't', data: ['x'.repeat(1000)] })),
  },
  'want-flood': {
    answers: ['open', 1008, 1006, 1013],
    run: flood(({ hashes }) => ({ type: 'want', hashes, closure: true })),
  },
  'want-flood within the limit': {
    answers: ['open', 'pack'],
    run: (abuse) => {
      const text = JSON.stringify({ type: 'want', hashes: abuse.hashes, closure: true });
      return repeat(4, () =>
        webSocket(abuse, (socket) => {
          for (let i = 0; i < 8; i++) socket.send(text);
          socket.on('message', (data, isBinary) => {
            if (isBinary || JSON.parse(data).type !== 'pack') return;
            abuse.count('pack');
            socket.send(text);
          });
        }),
      );
    },
  },
  'garbage-flood': { answers: ['open', 1008, 1006], run: flood(garbage) },
  'garbage-flood after a refused hello': {
    answers: ['open', 1008, 1006],
    run: flood(garbage, '&registry=another'),
  },
  'garbage-flood on an unknown channel': {
    answers: ['open', 1008, 1006],
    run: flood(garbage, '&channel=unknown'),
  },
  'unknown-blob-cost': {
    answers: [404],
    run: (abuse) => repeat(8, () => ask(abuse, `-/blobs/${blake3(randomBytes(8))}`)),
  },
  'unknown names': {
    answers: [404],
    run: (abuse) => {
      const name = () => randomBytes(8).toString('hex');
      const number = () => 1_000_000 + Math.floor(Math.random() * 1e9);
      return repeat(4, async () => {
        await ask(abuse, `-/channels/${name()}/manifest.json`);
        await ask(abuse, `-/deploys/${number()}/at/${name()}.mjs`);
        await ask(abuse, `${name()}/${name()}.mjs`);
      });
    },
  },
  'html-parse-stall': {
    answers: [200],
    run: (abuse) => {
      const headers = { Accept: 'text/html', 'Sec-Fetch-Dest': 'document' };
      return repeat(4, () => ask(abuse, 'large.html', { headers }));
    },
  },
  'noread-60mb': {
    answers: ['open', 'closed'],
    run: async (abuse) => {
      for (let i = 0; i < 30; i++) rawClient(abuse, `GET /large.json HTTP/1.1\r\n${HEADERS}\r\n`);
      abuse.count('open');
      await pause(1e9);
    },
  },
  'noread ranges': {
    answers: ['open', 'closed'],
    run: async (abuse) => {
      for (let i = 0; i < 30; i++) {
        rawClient(abuse, `GET /large.json HTTP/1.1\r\n${HEADERS}Range: bytes=${i}-\r\n\r\n`);
      }
      abuse.count('open');
      await pause(1e9);
    },
  },
  'many ranges, and HEAD': {
    answers: [200],
    run: (abuse) =>
      repeat(4, async () => {
        const ranges = Array.from({ length: 500 }, (_, i) => `${i}-${i + 1}`).join();
        await ask(abuse, 'main.mjs', { headers: { Range: `bytes=${ranges}` } });
        await ask(abuse, 'large.json', { method: 'HEAD' });
      }),
  },
  'huge headers': {
    answers: [431],
    run: (abuse) => repeat(4, () => ask(abuse, '', { headers: { 'X-Large': 'x'.repeat(200_000) } })),
  },
  'slow HTTP': {
    answers: ['open', 'closed'],
    run: async (abuse) => {
      const starts = [
        '',
        'GET / HTTP/1.1\r\nX: ',
        'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n',
        `POST /-/publish/other/plan HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${abuse.token}\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n`,
      ];
      const sockets = Array.from({ length: 1500 }, (_, i) => rawClient(abuse, starts[i % starts.length]));
      abuse.count('open');
      for (;;) {
        for (const socket of sockets) if (!socket.destroyed) socket.write('x');
        await pause(1000);
      }
    },
  },
  'upgrade flood': {
    answers: ['open', 1006],
    run: (abuse) => repeat(8, () => webSocket(abuse, (socket) => socket.terminate())),
  },
  'subscribers that do not read': {
    answers: ['open'],
    run: async (abuse) => {
      for (let i = 0; i < 200; i++) void webSocket(abuse, (socket) => socket.pause());
      await pause(1e9);
    },
  },
  'pipelined requests': {
    answers: ['open', 'closed'],
    run: async (abuse) => {
      const requests = `GET /-/channels/production/manifest.json HTTP/1.1\r\n${HEADERS}\r\n`.repeat(1000);
      for (let i = 0; i < 10; i++) rawClient(abuse, requests);
      abuse.count('open');
      await pause(1e9);
    },
  },
  'narrow-token-takes-all-plans': {
    answers: [200, 503],
    run: (abuse) =>
      repeat(4, () => {
        const modules = rows(10, blake3(randomBytes(8)));
        return post(abuse, abuse.token, 'other/plan', 'application/json', proposal({ modules }));
      }),
  },
  'inflating packs': { answers: [413, 503], run: inflate(90 * 1000 * 1000) },
  'inflating packs within the limit': { answers: [400, 503], run: inflate(60 * 1000 * 1000) },
  'large plan': {
    answers: [413, 503, 'cut'],
    run: (abuse) => {
      const body = proposal({ modules: rows(200_000, blake3(randomBytes(8))) });
      return repeat(2, () => post(abuse, abuse.token, 'other/plan', 'application/json', body));
    },
  },
  'large plan within the limit': {
    answers: [200, 503],
    run: (abuse) => {
      const body = proposal({ modules: rows(LIMITS.publishModules, blake3(randomBytes(8))) });
      return repeat(2, () => post(abuse, abuse.token, 'other/plan', 'application/json', body));
    },
  },
  'deep import map': {
    answers: [400],
    run: (abuse) => {
      const map = `${'['.repeat(3_000_000)}${']'.repeat(3_000_000)}`;
      const body = proposal({ importMap: 'HERE', modules: [] }).replace('"HERE"', map);
      return repeat(2, () => post(abuse, abuse.token, 'other/plan', 'application/json', body));
    },
  },
};
