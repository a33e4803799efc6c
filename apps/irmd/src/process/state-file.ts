import { readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '@ouroboros/model';
import { errnoOf } from './errno.js';

/**
 * What the registry wants to remember over a crash of the daemon: `irmd.state.json` in the runtime directory. A clean
 * shutdown removes it.
 */
export class StateFile {
  private readonly path: string;
  private removed = false;
  private writing: Promise<void> = Promise.resolve();

  constructor(dir: string) {
    this.path = join(dir, 'irmd.state.json');
  }

  /** What was kept last; undefined when there is none, or when it makes no sense (`onBad` is told). */
  read(onBad: (reason: string) => void): JsonObject | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(this.path, 'utf8'));
      if (isJsonObject(value)) return value;
      onBad('not an object');
    } catch (thrown) {
      if (errnoOf(thrown) !== 'ENOENT') onBad(String(thrown));
    }
    return undefined;
  }

  /** Atomic: whoever reads finds the old state or the new one. Calls must not overlap. */
  write(state: JsonObject): Promise<void> {
    if (!this.removed) this.writing = this.replace(state);
    return this.writing;
  }

  /** Removes the file, after a write that is under way; later writes do nothing. */
  async remove(): Promise<void> {
    this.removed = true;
    await this.writing.catch(() => undefined); // Whoever wrote was told.
    rmSync(this.path, { force: true });
    rmSync(`${this.path}.new`, { force: true });
  }

  private async replace(state: JsonObject): Promise<void> {
    const draft = `${this.path}.new`;
    await writeFile(draft, JSON.stringify(state), { mode: 0o600 });
    renameSync(draft, this.path);
  }
}
