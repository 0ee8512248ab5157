import { beforeEach, describe, expect, it } from 'vitest';
import type { Hot } from '../../../loader/hot/ports.js';
import type { PageDeploy } from '../../../loader/linking/page-deploy.js';
import { PageState } from '../../../loader/page-state.js';
import { EMPTY_MANIFEST } from '../../../schema/index.js';
import { hashOf, settle } from './fakes.js';

const releaseOf = (deploy: number) => ({
  deploy,
  hash: hashOf(`${deploy}`),
  manifest: EMPTY_MANIFEST,
  fusion: null,
});
const pageDeploy = { release: releaseOf(1) } as PageDeploy;
const boot = { from: 'network', ms: 1, deploy: 1 } as const;

let page: PageState;
let log: unknown[];

beforeEach(() => {
  page = new PageState();
  log = [];
  void page.settled.then((running) => log.push(running));
  void page.ready.then((info) => log.push(info));
});

describe('a page', () => {
  it('runs nothing at first', async () => {
    await settle();
    expect(page).toMatchObject({ pageDeploy: null, hot: undefined, boot: null, release: null, deploy: null });
    expect(log).toEqual([]);
  });

  it('settles what it runs, then boots', async () => {
    const hot = {} as Hot;
    page.settle({ pageDeploy, hot });
    await settle();
    expect(page).toMatchObject({ pageDeploy, hot, boot: null, release: pageDeploy.release, deploy: 1 });
    expect(log).toEqual([{ pageDeploy, hot }]);
    page.booted(boot);
    await settle();
    expect(page.boot).toBe(boot);
    expect(log[1]).toBe(boot);
  });

  it('moves to another release', () => {
    page.settle({ pageDeploy, hot: {} as Hot });
    page.move(releaseOf(2));
    expect(page).toMatchObject({ release: releaseOf(2), deploy: 2 });
  });

  it('has no deploy when it runs natively', () => {
    page.settle({ pageDeploy: null, hot: {} as Hot });
    expect(page).toMatchObject({ pageDeploy: null, release: null, deploy: null });
  });
});
