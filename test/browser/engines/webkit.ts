import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { limited, toBrowser } from './driver.js';
import type { BrowserContext, Engine } from './engine.js';
import { InspectorConnection } from './webkit-inspector.js';
import { sharing } from './shared-process.js';
import { openWebKitPage } from './webkit-page.js';
import { freePort, GuardedProcess, startDisplay } from './webkit-process.js';
import { WebDriverSession } from './webkit-session.js';

const MINI_BROWSERS = ['lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu', 'libexec'].map(
  (directory) => `/usr/${directory}/webkit2gtk-4.1/MiniBrowser`,
);

export const webkit: Engine = {
  name: 'WebKit',
  capabilities: { mergesImportMaps: true, importsStyleSheets: false },
  find: () => void findWebKit(),
  launch: async () => toBrowser(await open()),
};

/** Each context is a process. They share a display. */
const open = sharing<BrowserContext, never>(async () => {
  const miniBrowser = findWebKit();
  const display = await startDisplay();
  const contexts = new Set<BrowserContext>();
  return {
    async newContext() {
      const context = await openContext(miniBrowser, display.env);
      contexts.add(context);
      return context;
    },
    isConnected: () => true,
    async close() {
      await Promise.all([...contexts].map((context) => context.close()));
      await display.close();
    },
  };
});

/** Milliseconds that each attempt to start a browser has. Some never start. On a busy machine others take long. */
const ATTEMPTS: readonly number[] = [10_000, 30_000, 60_000];

/** A browser of its own: in automation it stores nothing on disk. */
async function openContext(
  miniBrowser: string,
  display: NodeJS.ProcessEnv,
  [limit, ...more] = ATTEMPTS,
): Promise<BrowserContext> {
  const [inspectorPort, driverPort] = [await freePort(), await freePort()];
  const env = { ...display, WEBKIT_INSPECTOR_SERVER: `127.0.0.1:${inspectorPort}` };
  const browser = new GuardedProcess([miniBrowser, '--automation', '--enable-developer-extras=true'], env);
  const target = `--target=127.0.0.1:${inspectorPort}`;
  const driver = new GuardedProcess(['WebKitWebDriver', `--port=${driverPort}`, target], env);
  const kill = () => Promise.all([browser.kill(), driver.kill()]);
  const giveUp = new AbortController();
  const start = async () => {
    const session = await WebDriverSession.open(driverPort, giveUp.signal);
    const connection = await InspectorConnection.open(inspectorPort);
    const handle = await session.window();
    return { session, connection, handle, page: await openWebKitPage(connection, 1n, session, handle) };
  };
  try {
    const { session, connection, handle, page } = await limited(
      start(),
      limit!,
      () => 'WebKit has not started',
    );
    let pages = 0;
    return {
      async newPage() {
        pages++;
        // The first one stays open: the browser ends with its last window.
        if (pages === 1) return Object.assign(page, { close: () => page.goto('about:blank') });
        // The browser has numbered the automation second.
        return openWebKitPage(connection, BigInt(pages + 1), session, await session.newWindow(handle));
      },
      async close() {
        connection.close();
        await kill();
      },
    };
  } catch (error) {
    giveUp.abort();
    await kill();
    if (more.length === 0) throw error;
    return openContext(miniBrowser, display, more);
  }
}

/** The MiniBrowser that WEBKIT_PATH names, else the installed one. @throws Error that says how to install one */
function findWebKit(): string {
  const named = process.env['WEBKIT_PATH'];
  const found = (named === undefined ? MINI_BROWSERS : [named]).find(isExecutable);
  if (named !== undefined && found === undefined)
    throw new Error(`WEBKIT_PATH is ${named}, which cannot be run.`);
  const programs = ['WebKitWebDriver', 'Xvfb'];
  const missing = [
    ...(found === undefined ? ['MiniBrowser'] : []),
    ...programs.filter(
      (name) => !(process.env['PATH'] ?? '').split(delimiter).some((dir) => isExecutable(join(dir, name))),
    ),
  ];
  if (found !== undefined && missing.length === 0) return found;
  throw new Error(
    `No WebKit found: ${missing.join(' and ')} missing. Install it with \`apt-get install webkit2gtk-driver xvfb\`, ` +
      'or name a MiniBrowser in the environment variable WEBKIT_PATH.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
