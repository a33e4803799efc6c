import { DATA_CASES } from './data-cases.js';
import { FLOW_CASES } from './flow-cases.js';
import { LIFE_CASES } from './life-cases.js';
import { MANAGEMENT_CASES } from './management-cases.js';
import type { World } from './world.js';

/** What the suite takes of a test runner; Jest's globals fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>, limitMs?: number): void;
  beforeAll(body: () => Promise<void>, limitMs?: number): void;
  afterAll(body: () => Promise<void>, limitMs?: number): void;
}

/** Limits of the runner, in real ms, for worlds in which something is broken. */
const CASE_LIMIT_MS = 20_000;
const WORLD_LIMIT_MS = 30_000;

/**
 * What every type of IPCP must do, told in order in one world; the last case ends the layer. `makeWorld` gives hosts whose
 * members of the layer are operational and reach one another without loss.
 */
export function conformanceSuite(name: string, makeWorld: () => Promise<World>, runner: SuiteRunner): void {
  const { describe, it, beforeAll, afterAll } = runner;
  describe(`${name} as an IPCP`, () => {
    let world: World | undefined;
    beforeAll(async () => void (world = await makeWorld()), WORLD_LIMIT_MS);
    afterAll(async () => world?.close(), WORLD_LIMIT_MS);
    for (const { name: sentence, run } of [...MANAGEMENT_CASES, ...FLOW_CASES, ...DATA_CASES, ...LIFE_CASES]) {
      it(sentence, async () => world!.play(run(world!)), CASE_LIMIT_MS);
    }
  });
}
