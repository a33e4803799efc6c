/**
 * Which IPCP the layers named for a name when they were last asked. Whoever asks for a flow to the name soon after gets it there
 * without asking them all again; when it is not there any more they are.
 */
import { fromMs, type ErrorCode, type Micros } from '@ouroboros/model';
import type { IpcpEntry } from './ipcp-table.js';

/** So much later may a better layer be noticed that has the name as well. */
const FRESH = fromMs(1000);
const MAX_NAMES = 1024;
/** What a flow fails with where the layer, or the member that was asked, does not have the name any more. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set(['ENAME', 'ENOSERVER']);

interface Known {
  readonly ipcp: IpcpEntry;
  /** Who was asked, in rank order. */
  readonly asked: readonly IpcpEntry[];
  readonly at: Micros;
}

export class KnownLayers {
  private readonly known = new Map<string, Known>();

  /** `asked` were asked for the name at `at`, and `ipcp` is the first that has it. */
  note(name: string, asked: readonly IpcpEntry[], ipcp: IpcpEntry, at: Micros): void {
    if (this.known.size >= MAX_NAMES) this.known.clear();
    this.known.set(name, { ipcp, asked, at });
  }

  /** Undefined when it is not known, or others could be asked now. */
  find(name: string, carriers: readonly IpcpEntry[], now: Micros): IpcpEntry | undefined {
    const found = this.known.get(name);
    if (!found || now - found.at > FRESH || found.asked.length !== carriers.length) return undefined;
    return found.asked.every((ipcp, i) => ipcp === carriers[i]) ? found.ipcp : undefined;
  }

  /** A flow to the name was not to be had. Answers whether it may be had elsewhere. */
  failed(name: string, code: ErrorCode): boolean {
    const elsewhere = ELSEWHERE.has(code);
    if (elsewhere) this.known.delete(name);
    return elsewhere;
  }
}
