import type { JsonObject } from '@ouroboros/model';
import type { ConfigKey, IpcpTypeInfo } from '@ouroboros/ports';
import { renderFields } from './text.js';

/** What a type is, and a line for each key of its configuration. */
export function renderType({ type, rank, operations, keys }: IpcpTypeInfo): string {
  const facts = renderFields([
    ['type', type],
    ['rank', String(rank)],
    ['operations', operations.join(', ')],
  ]);
  if (keys.length === 0) return `${facts}\nIts bootstrap takes no options.\n`;
  return `${facts}\nOptions of bootstrap:\n${renderFields(keys.map((key) => [`  ${key.key}`, keyText(key)]))}`;
}

function keyText({ legal, help, required, fallback }: ConfigKey): string {
  const what = help === '' ? legal : `${help}: ${legal}`;
  if (required) return `${what}; required`;
  return fallback === '' ? what : `${what} (default ${fallback})`;
}

export const typeJson = ({ type, rank, operations, keys }: IpcpTypeInfo): JsonObject => ({
  type,
  rank,
  operations: [...operations],
  keys: keys.map(({ key, legal, help, required, fallback }) => ({
    key,
    legal,
    help,
    required,
    default: fallback === '' ? null : fallback,
  })),
});
