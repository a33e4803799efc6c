import type { StateStore } from '@ouroboros/ipcp-kit';
import type { JsonValue } from '@ouroboros/model';

/** A state store in memory. Values are kept as text, so that nobody shares an object with the store. */
export class MemoryStore implements StateStore {
  private readonly values = new Map<string, string>();

  async read(key: string): Promise<JsonValue | undefined> {
    const text = this.values.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
  }

  async write(key: string, value: JsonValue): Promise<void> {
    this.values.set(key, JSON.stringify(value));
  }
}
