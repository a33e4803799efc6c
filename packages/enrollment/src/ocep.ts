import type { Machine, Sink } from '@ouroboros/machine';
import { NEVER, fromMs, micros, type Micros } from '@ouroboros/model';
import { CEP_UNKNOWN_COMPONENT, decodeCep, encodeCep, type Cep } from '@ouroboros/wire';
import { mismatch, type ComponentRecord } from './component.js';

/**
 * OCEP, connection establishment between two components over a fresh flow [spec/wire-control.md §1.3].
 *
 * Story: the initiator sends its record and the acceptor answers with its own for the component that was asked for. Each side
 * has 1 s. The initiator refuses an answer that differs in protocol, version or syntax. The acceptor checks the same,
 * which C does not, but answers first, so that the other side can say what is wrong.
 *
 * States: waiting → done. After `done` or `failed` the machine takes no more input.
 */
export type OcepInput = { readonly kind: 'start' } | { readonly kind: 'packet'; readonly bytes: Uint8Array };

export type OcepOutput =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly own: ComponentRecord; readonly peer: Cep }
  | { readonly kind: 'failed'; readonly reason: string };

/** Both sides' limit. [spec/wire-control.md §1.3] */
export const OCEP_TIMEOUT = fromMs(1000);

abstract class Ocep implements Machine<OcepInput, OcepOutput> {
  deadline: Micros = NEVER;
  protected over = false;

  handle(input: OcepInput, now: Micros, out: Sink<OcepOutput>): void {
    if (this.over) return;
    if (input.kind === 'start') {
      this.deadline = micros(now + OCEP_TIMEOUT);
      this.onStart(out);
      return;
    }
    const peer = decodeCep(input.bytes);
    this.finish(peer.ok ? this.onRecord(peer.value, out) : failed(`unreadable record (${peer.reason})`), out);
  }

  wake(now: Micros, out: Sink<OcepOutput>): void {
    if (!this.over && now >= this.deadline) this.finish(failed('the peer did not answer within 1 s'), out);
  }

  private finish(result: OcepOutput, out: Sink<OcepOutput>): void {
    this.over = true;
    this.deadline = NEVER;
    out.emit(result);
  }

  protected abstract onStart(out: Sink<OcepOutput>): void;
  /** The result: done or failed. */
  protected abstract onRecord(peer: Cep, out: Sink<OcepOutput>): OcepOutput;
}

const failed = (reason: string): OcepOutput => ({ kind: 'failed', reason });

const compare = (own: ComponentRecord, peer: Cep): OcepOutput => {
  const reason = mismatch(own, peer);
  return reason === undefined ? { kind: 'done', own, peer } : failed(reason);
};

export class OcepInitiator extends Ocep {
  constructor(private readonly own: ComponentRecord) {
    super();
  }

  protected override onStart(out: Sink<OcepOutput>): void {
    out.emit({ kind: 'send', bytes: encodeCep(this.own) });
  }

  protected override onRecord(peer: Cep): OcepOutput {
    return compare(this.own, peer);
  }
}

export class OcepAcceptor extends Ocep {
  /** `records`: what this member has to offer, asked for by component name. */
  constructor(private readonly records: readonly ComponentRecord[]) {
    super();
  }

  protected override onStart(): void {
    // The acceptor speaks second.
  }

  protected override onRecord(peer: Cep, out: Sink<OcepOutput>): OcepOutput {
    const own = this.records.find((record) => record.component === peer.component);
    out.emit({ kind: 'send', bytes: encodeCep(own ?? CEP_UNKNOWN_COMPONENT) });
    return own ? compare(own, peer) : failed(`asked for unknown component "${peer.component}"`);
  }
}
