import { OuroborosError, errorCodeOf } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { MessageType, encodeMessage, type ChannelKind } from './channel-message.js';

interface Request {
  readonly resolve: (end: FlowEnd) => void;
  readonly reject: (error: OuroborosError) => void;
  readonly timer: NodeJS.Timeout;
  timedOut: boolean;
}

/** The attaches of one connection that wait for their answers, which come in order. */
export class AttachQueue {
  private readonly requests: Request[] = [];

  /** `onTimeout` is called after an attach has timed out. */
  constructor(
    private readonly path: string,
    private readonly timeoutMs: number,
    private readonly onTimeout: () => void,
  ) {}

  /** Answers that are still to come, wanted or not. */
  get unanswered(): number {
    return this.requests.length;
  }

  /** Nobody waits any more. */
  get empty(): boolean {
    return this.requests.every((request) => request.timedOut);
  }

  add(ticket: Uint8Array, send: (message: Uint8Array) => void): Promise<FlowEnd> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.timeOut(request), this.timeoutMs);
      const request: Request = { resolve, reject, timer, timedOut: false };
      this.requests.push(request);
      send(encodeMessage(MessageType.ATTACH, 0, 0, ticket));
    });
  }

  /** The first attach succeeded; answers false when nobody waits for it any more. */
  attached(end: FlowEnd): boolean {
    const request = this.shift();
    request?.resolve(end);
    return request?.timedOut === false;
  }

  refused(number: number): void {
    const code = errorCodeOf(number, 'EPERM');
    const why = code === 'EPERM' ? 'expects no such ticket of this user' : 'refused the flow';
    this.failFirst(new OuroborosError(code, `the process behind ${this.path} ${why}`));
  }

  failFirst(error: OuroborosError): void {
    this.shift()?.reject(error);
  }

  failAll(error: OuroborosError): void {
    while (this.requests.length > 0) this.failFirst(error);
  }

  private shift(): Request | undefined {
    const request = this.requests.shift();
    clearTimeout(request?.timer);
    return request;
  }

  private timeOut(request: Request): void {
    request.timedOut = true;
    request.reject(new OuroborosError('ETIMEDOUT', `the process behind ${this.path} does not answer`));
    this.onTimeout();
  }
}

export const kindMismatch = (path: string, ours: ChannelKind, theirs: ChannelKind): OuroborosError =>
  new OuroborosError(
    'ENOTSUP',
    `the process behind ${path} uses channels of kind '${theirs}', this one '${ours}': ` +
      'set OUROBOROS_CHANNEL to the same for both',
  );
