import { longestGap, startPinging, type DemoNode, type PingRun, type Triangle } from '@ouroboros/demo';
import type { Flow, Flows } from '@ouroboros/flow/node';
import { answersPing, downAfter } from './flows.js';
import { ms, note, pause } from './measure.js';
import { alive, kill, until } from './one-node.js';
import type { Program } from './programs.js';
import { Site } from './site.js';

jest.setTimeout(40_000);

/** How soon after a death the process at the other end of its flow is told, on the same host and on another. */
const LOCAL_NOTICE_MS = 100;
const REMOTE_NOTICE_MS = 1_000;
/** Pings that have nothing to do with the dead may be late, but not for long. */
const CALM_GAP_MS = 500;

let site: Site;
let triangle: Triangle;
let n1: DemoNode, n2: DemoNode, n3: DemoNode;
let client: Flows;
let calm: PingRun;
beforeAll(async () => {
  site = await Site.open();
  triangle = await site.triangle();
  [n1, n2, n3] = ['n1', 'n2', 'n3'].map((name) => triangle.get(name)) as [DemoNode, DemoNode, DemoNode];
  client = site.flows(n1);
});
afterAll(() => site.close());

/** Pings from one node to another, which must not notice what happens elsewhere. */
async function keepPinging(from: DemoNode, name: string): Promise<PingRun> {
  const pings = startPinging(from.plan.runtimeDir, name, () => undefined);
  await until('pings are answered', () => pings.replies.length > 10);
  return pings;
}
`
