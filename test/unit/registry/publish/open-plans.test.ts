import { beforeEach, expect, it } from 'vitest';
import { OpenPlans, type OpenPlan } from '../../../../registry/publish/open-plans.js';

let now = 0;
let plans: OpenPlans;
beforeEach(() => {
  now = 0;
  plans = new OpenPlans({ plans: 2, modules: 100, plansOfToken: 2, modulesOfToken: 50 }, () => now);
});

const plan = (until: number, token: string | null = null, modules = 0): OpenPlan =>
  ({ until, token, proposal: { manifest: { modules: { size: modules } } } }) as OpenPlan;
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

it('finds a plan by its lease until it expires', () => {
  const lease = plans.open(plan(10));
  now = 9;
  expect(plans.get(lease).until).toBe(10);
  now = 10;
  expect(() => plans.get(lease)).toThrow(code('lease-unknown'));
});

it('does not know other leases', () => {
  plans.open(plan(10));
  expect(() => plans.get('0'.repeat(32))).toThrow(code('lease-unknown'));
});

it('is busy at its limit, until a plan is closed or expires', () => {
  const first = plans.open(plan(10));
  plans.open(plan(20));
  expect(() => plans.open(plan(20))).toThrow(code('publish-busy'));
  expect(plans.close(first)).toBe(true);
  expect(plans.close(first)).toBe(false);
  plans.open(plan(30));
  now = 20;
  plans.open(plan(40));
  expect(() => plans.open(plan(40))).toThrow(code('publish-busy'));
});

it('keeps a renewed plan, and does not reopen a closed one', () => {
  const lease = plans.open(plan(10));
  plans.renew(lease, 30);
  now = 20;
  expect(plans.get(lease).until).toBe(30);
  plans.close(lease);
  plans.renew(lease, 50);
  expect(() => plans.get(lease)).toThrow(code('lease-unknown'));
});

it('narrow-token-takes-all-plans: limits the plans of one token, and leaves the rest to others', () => {
  plans = new OpenPlans({ plans: 4, modules: 100, plansOfToken: 2, modulesOfToken: 50 }, () => now);
  plans.open(plan(10, 'narrow'));
  const second = plans.open(plan(10, 'narrow'));
  expect(() => plans.open(plan(10, 'narrow'))).toThrow(code('publish-busy'));
  plans.open(plan(10, 'other'));
  plans.close(second);
  plans.open(plan(10, 'narrow'));
});

it('large plan: limits the modules in the plans of one token, and of all', () => {
  plans = new OpenPlans({ plans: 9, modules: 100, plansOfToken: 9, modulesOfToken: 50 }, () => now);
  plans.open(plan(10, 'a', 30));
  expect(() => plans.open(plan(10, 'a', 21))).toThrow(code('publish-busy'));
  plans.open(plan(10, 'a', 20));
  plans.open(plan(10, 'b', 50));
  expect(() => plans.open(plan(10, 'c', 1))).toThrow(code('publish-busy'));
  // Without a token, the publisher has the database itself.
  plans.open(plan(10, null, 1000));
});
