import { BROADCAST_CASES, NO_JOIN_CASE } from './broadcast-cases.js';
import type { ConformanceCase } from './conformance-case.js';
import { DATA_CASES, NOISE_CASE } from './data-cases.js';
import { FLOW_CASES } from './flow-cases.js';
import { LIFE_CASES } from './life-cases.js';
import { ALONE_CASE, MANAGEMENT_CASES } from './management-cases.js';
import { RACE_CASES } from './race-cases.js';
import type { World } from './world.js';

/** What the suite takes of a test runner; Jest's globals fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>, limitMs?: number): void;
  beforeAll(body: () => Promise<void>, limitMs?: number): void;
  afterAll(body: () => Promise<void>, limitMs?: number): void;
}

export interface ConformanceOptions {
  /** The world can `intrude`. */
  readonly noise?: boolean;
  /** The type has no members that join: no operations enroll, connect, disconnect. */
  readonly alone?: boolean;
  /** Processes join the layer; it has no names, and no flows between two. */
  readonly broadcast?: boolean;
}

/** Limits of the runner, in real ms, for worlds in which something is broken. */
const CASE_LIMIT_MS = 20_000;
const WORLD_LIMIT_MS = 30_000;

/** The cases in the order in which they are told; the last one ends the layer. */
export function conformanceCases({
  noise = false,
  alone = false,
  broadcast = false,
}: ConformanceOptions = {}): readonly ConformanceCase[] {
  if (broadcast) return [...MANAGEMENT_CASES, ...BROADCAST_CASES];
  const management = [...MANAGEMENT_CASES, NO_JOIN_CASE, ...(alone ? [ALONE_CASE] : [])];
  const cases = [...management, ...FLOW_CASES, ...RACE_CASES, ...DATA_CASES];
  return [...cases, ...(noise ? [NOISE_CASE] : []), ...LIFE_CASES];
}

/**
 * What every type of IPCP must do, told in order in one world; the last case ends the layer. `makeWorld` gives hosts whose
 * members of the layer are operational and reach one another without loss.
 */
export function conformanceSuite(
  name: string,
  makeWorld: () => Promise<World>,
  runner: SuiteRunner,
  options: ConformanceOptions = {},
): void {
  const { describe, it, beforeAll, afterAll } = runner;
  describe(`${name} as an IPCP`, () => {
    let world: World | undefined;
    beforeAll(async () => void (world = await makeWorld()), WORLD_LIMIT_MS);
    afterAll(async () => world?.close(), WORLD_LIMIT_MS);
    for (const { name: sentence, run } of conformanceCases(options)) {
      it(sentence, async () => world!.play(run(world!)), CASE_LIMIT_MS);
    }
  });
}
