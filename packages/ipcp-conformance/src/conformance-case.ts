import type { World } from './world.js';

export interface ConformanceCase {
  /** A sentence. */
  readonly name: string;
  run(world: World): Promise<void>;
}
