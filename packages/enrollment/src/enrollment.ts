import type { Machine, Sink } from '@ouroboros/machine';
import {
  NEVER,
  equalBytes,
  errorCodeOf,
  errorNumber,
  fromMs,
  fromSeconds,
  micros,
  type ErrorCode,
  type Micros,
} from '@ouroboros/model';
import {
  decodeEnrollAck,
  decodeEnrollRequest,
  decodeEnrollResponse,
  encodeEnrollAck,
  encodeEnrollRequest,
  encodeEnrollResponse,
  type EnrollResponse,
  type IpcpConfig,
} from '@ouroboros/wire';

/**
 * Enrollment of a new member with a member [spec/wire-control.md §2.3], over a flow on which OCEP has connected the
 * Enrollment components.
 *
 * Story: the new member sends 8 random bytes; the member answers with them, its clock and the layer's
 * configuration; the new member starts and acknowledges. An acknowledgement that is lost harms nobody.
 *
 * States of the new member: idle → requested → starting → done. Of the member: waiting → answered → done.
 */
export type EnrollOutput =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** New member: start with this configuration, then give `started` or `start-failed`. */
  | { readonly kind: 'start'; readonly config: IpcpConfig; readonly response: EnrollResponse }
  | { readonly kind: 'done' }
  /** `code`: what the other side gave as the reason. */
  | { readonly kind: 'failed'; readonly reason: string; readonly code?: ErrorCode };

export type NewMemberInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'packet'; readonly bytes: Uint8Array }
  | { readonly kind: 'started' }
  | { readonly kind: 'start-failed'; readonly reason: string };

/** C has 1 s for the response; so do we. */
const RESPONSE_TIMEOUT = fromMs(1000);
/** The irmd of the new member gives up after 20 s, so later acknowledgements mean nothing. */
const ACK_TIMEOUT = fromSeconds(20);

const REFUSED_WITHOUT_CERTIFICATE =
  'the layer demands authenticated members: this IPCP needs a certificate that the other member believes';

export class NewMember implements Machine<NewMemberInput, EnrollOutput> {
  deadline: Micros = NEVER;
  private state: 'idle' | 'requested' | 'starting' | 'done' = 'idle';

  /** `id`: 8 random bytes. `type`: the IPCP's own type number; a layer of another type is refused. */
  constructor(
    private readonly id: Uint8Array,
    private readonly type: number,
  ) {}

  handle(input: NewMemberInput, now: Micros, out: Sink<EnrollOutput>): void {
    if (input.kind === 'start' && this.state === 'idle') {
      this.state = 'requested';
      this.deadline = micros(now + RESPONSE_TIMEOUT);
      out.emit({ kind: 'send', bytes: encodeEnrollRequest({ id: this.id }) });
    } else if (input.kind === 'packet' && this.state === 'requested') this.onResponse(input.bytes, out);
    else if (input.kind === 'started' && this.state === 'starting') {
      out.emit({ kind: 'send', bytes: encodeEnrollAck({ id: this.id, result: 0 }) });
      this.finish({ kind: 'done' }, out);
    } else if (input.kind === 'start-failed' && this.state === 'starting') this.fail(input.reason, out);
  }

  wake(now: Micros, out: Sink<EnrollOutput>): void {
    if (now >= this.deadline) this.fail('the member did not answer within 1 s', out);
  }

  private onResponse(bytes: Uint8Array, out: Sink<EnrollOutput>): void {
    const decoded = decodeEnrollResponse(bytes);
    if (!decoded.ok) return this.fail(`unreadable response (${decoded.reason} ${decoded.field})`.trimEnd(), out);
    const response = decoded.value;
    if (!equalBytes(response.id, this.id)) return this.fail('the response answers another request', out);
    if (response.response < 0 || !response.config) return this.refused(response.response, out);
    if (response.config.type !== this.type) {
      return this.fail(`the layer is of type ${response.config.type}, not ${this.type}`, out);
    }
    this.state = 'starting';
    this.deadline = NEVER;
    out.emit({ kind: 'start', config: response.config, response });
  }

  private refused(response: number, out: Sink<EnrollOutput>): void {
    if (errorCodeOf(response) !== 'EAUTH') return this.fail(`refused with ${response}`, out);
    this.finish({ kind: 'failed', reason: REFUSED_WITHOUT_CERTIFICATE, code: 'EAUTH' }, out);
  }

  private fail(reason: string, out: Sink<EnrollOutput>): void {
    this.finish({ kind: 'failed', reason }, out);
  }

  private finish(result: EnrollOutput, out: Sink<EnrollOutput>): void {
    this.state = 'done';
    this.deadline = NEVER;
    out.emit(result);
  }
}

export type EnrollingMemberInput = { readonly kind: 'start' } | { readonly kind: 'packet'; readonly bytes: Uint8Array };

/** What a member hands to newcomers. */
export interface MemberOffer {
  readonly config: IpcpConfig;
  /** A PeerExtension that goes with it; C skips it. */
  readonly ext?: Uint8Array | undefined;
  /** Why it is handed to nobody; absent: it is. */
  readonly refusal?: ErrorCode | undefined;
  /** Nanoseconds since 1970-01-01 UTC. */
  wallNanos(): bigint;
}

export class EnrollingMember implements Machine<EnrollingMemberInput, EnrollOutput> {
  deadline: Micros = NEVER;
  private state: 'waiting' | 'answered' | 'done' = 'waiting';
  private id: Uint8Array = new Uint8Array(0);

  constructor(private readonly offer: MemberOffer) {}

  handle(input: EnrollingMemberInput, now: Micros, out: Sink<EnrollOutput>): void {
    if (input.kind === 'start') this.deadline = micros(now + ACK_TIMEOUT);
    else if (this.state === 'waiting') this.onRequest(input.bytes, out);
    else if (this.state === 'answered') this.onAck(input.bytes, out);
  }

  wake(now: Micros, out: Sink<EnrollOutput>): void {
    if (now >= this.deadline) this.finish({ kind: 'failed', reason: 'no acknowledgement within 20 s' }, out);
  }

  /** The 8 bytes of the request, for the correlation id; empty before it came. */
  get requestId(): Uint8Array {
    return this.id;
  }

  private onRequest(bytes: Uint8Array, out: Sink<EnrollOutput>): void {
    const request = decodeEnrollRequest(bytes);
    if (!request.ok) return this.finish({ kind: 'failed', reason: `unreadable request (${request.reason})` }, out);
    this.id = request.value.id;
    this.state = 'answered';
    const { config, ext, refusal } = this.offer;
    const nanos = this.offer.wallNanos();
    const response: EnrollResponse = {
      id: this.id,
      timeSeconds: nanos / 1_000_000_000n,
      timeNanos: Number(nanos % 1_000_000_000n),
      ...(refusal ? { response: -errorNumber(refusal) } : { response: 0, config, ext }),
    };
    out.emit({ kind: 'send', bytes: encodeEnrollResponse(response) });
    if (refusal) this.finish({ kind: 'failed', reason: 'the new member was refused', code: refusal }, out);
  }

  /** An acknowledgement with another id is a warning only, as in C; a garbled one ends the wait. */
  private onAck(bytes: Uint8Array, out: Sink<EnrollOutput>): void {
    const ack = decodeEnrollAck(bytes);
    if (!ack.ok) return this.finish({ kind: 'failed', reason: `unreadable acknowledgement (${ack.reason})` }, out);
    if (ack.value.result === 0) this.finish({ kind: 'done' }, out);
    else this.finish({ kind: 'failed', reason: `the new member failed with ${ack.value.result}` }, out);
  }

  private finish(result: EnrollOutput, out: Sink<EnrollOutput>): void {
    this.state = 'done';
    this.deadline = NEVER;
    out.emit(result);
  }
}
