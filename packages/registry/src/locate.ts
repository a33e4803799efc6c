/**
 * What each IPCP of this host says of a name: the question that an allocation asks to choose a layer, but asked of all,
 * and with the answers told.
 */
import { EMPTY_BYTES, toHex } from '@ouroboros/model';
import type { NameLocation } from '@ouroboros/ports';
import type { Core } from './core.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import type { Outcome } from './messages.js';
import type { NameTable } from './names.js';

export interface LocateParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly ipcps: IpcpTable;
  readonly calls: IpcpCalls;
}

/** `done` is called once, perhaps at once. */
export function locate(parts: LocateParts, name: string, done: (found: readonly NameLocation[]) => void): void {
  const ipcps = [...parts.ipcps.all()].filter(canBeAsked).sort((a, b) => a.rank - b.rank);
  const found: NameLocation[] = [];
  let open = ipcps.length;
  if (open === 0) return done(found);
  ipcps.forEach((ipcp, i) =>
    ask(parts, ipcp, name, (location) => {
      found[i] = location;
      open -= 1;
      if (open === 0) done(found);
    }),
  );
}

/** IPCPs of types without names, such as broadcast, have nothing to say; of one that is gone the type's abilities are not known. */
const canBeAsked = ({ operations, session }: IpcpEntry): boolean => session === null || operations.has('query');

function ask(parts: LocateParts, ipcp: IpcpEntry, name: string, done: (location: NameLocation) => void): void {
  const { core, names, calls } = parts;
  const { type, rank, layer, session, state, phase } = ipcp;
  const at = core.now;
  const hash = layer ? names.hashOf(layer.hash, name) : EMPTY_BYTES;
  const who = { ipcp: ipcp.name, type, layer: layer?.name ?? '', rank, key: toHex(hash) };
  const say = (answer: NameLocation['answer'], text = ''): void =>
    done({ ...who, answer, tookMs: (core.now - at) / 1000, text });
  if (session === null) return say('not-operational', `its process is gone (${phase})`);
  if (!layer || state !== 'operational') return say('not-operational', `its state is ${state}`);
  calls.call(ipcp, { op: 'query', args: [hash, ''] }, core.limits.queryMs, (outcome: Outcome) => {
    if (!outcome.ok) say('no-answer', outcome.error.message);
    else say(outcome.value === true ? 'has' : 'has-not');
  });
}
