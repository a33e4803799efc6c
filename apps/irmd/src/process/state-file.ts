import { readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '@ouroboros/model';
import { errnoOf } from './errno.js';

/**
 * What the registry wants to remember over a crash of the daemon: `irmd.state.json` in the runtime directory. A clean
 * shutdown removes it.
 */
export class StateFile {
  private readonly path: string;
  private removed = false;

  constructor(dir: string) {
    this.path = join(dir, 'irmd.state.json');
  }

  /** What was kept last; undefined when there is none, or when it makes no sense (`onBad` is told). */
  read(onBad: (reason: string) => void): JsonObject | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(this.path, 'utf8'));
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
      onBad('not an object');
    } catch (thrown) {
      if (errnoOf(thrown) !== 'ENOENT') onBad(String(thrown));
    }
    return undefined;
  }

  /** Atomic: whoever reads finds the old state or the new one. Calls must not overlap. */
  async write(state: JsonObject): Promise<void> {
    if (this.removed) return;
    const draft = `${this.path}.new`;
    await writeFile(draft, JSON.stringify(state), { mode: 0o600 });
    if (this.removed) rmSync(draft, { force: true });
    else renameSync(draft, this.path);
  }

  /** Removes the file; later writes do nothing. */
  remove(): void {
    this.removed = true;
    rmSync(this.path, { force: true });
    rmSync(`${this.path}.new`, { force: true });
  }
}
