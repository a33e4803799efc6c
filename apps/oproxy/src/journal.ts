import type { ErrorCode } from '@ouroboros/model';

/** What stands in every line of `oproxy --json` about a connection or client. This shape, and those below, are documented and kept. */
export interface Party {
  /** The name of the flow; what was asked for, where there is none. */
  readonly name: string;
  /** Address and port at the local side. */
  readonly peer: string;
}

/** What is told while oproxy runs. */
export type ProxyEvent =
  | { readonly event: 'listening'; readonly at: string; readonly name: string | null }
  | ({ readonly event: 'opened'; readonly flow: number } & Party)
  | ({
      readonly event: 'closed';
      readonly flow: number;
      readonly sentBytes: number;
      readonly receivedBytes: number;
    } & Party)
  /** A connection or client that failed, or was refused. */
  | ({ readonly event: 'failed'; readonly code: ErrorCode | string; readonly message: string } & Party)
  /** Something else that is not as it should be. */
  | { readonly event: 'remark'; readonly code: ErrorCode; readonly message: string }
  | ({ readonly event: 'statistics' } & Readonly<Record<string, number | string>>);

/** Only with `--verbose`. */
const DETAILS: readonly ProxyEvent['event'][] = ['opened', 'closed'];

export interface JournalOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** The lines that oproxy prints. */
export class Journal {
  constructor(
    private readonly print: (text: string) => void,
    private readonly options: JournalOptions,
  ) {}

  tell(event: ProxyEvent): void {
    if (DETAILS.includes(event.event) && !this.options.verbose) return;
    const line = this.options.json ? JSON.stringify({ time: new Date().toISOString(), ...event }) : textOf(event);
    this.print(`${line}\n`);
  }
}

function textOf(event: ProxyEvent): string {
  switch (event.event) {
    case 'listening':
      return event.name === null ? `Listening on ${event.at}.` : `Listening for ${event.name}: ${event.at}.`;
    case 'opened':
      return `${event.peer}: flow ${event.flow} for ${event.name} opened.`;
    case 'closed':
      return `${event.peer}: flow ${event.flow} for ${event.name} closed, ${event.sentBytes} bytes sent, ${event.receivedBytes} received.`;
    case 'failed':
      return `${event.peer}: ${event.name}: ${event.message} (${event.code}).`;
    case 'remark':
      return `${event.message} (${event.code}).`;
    case 'statistics':
      return `Statistics: ${countsOf(event)}.`;
  }
}

function countsOf(event: ProxyEvent): string {
  const counts = Object.entries(event).filter(([what]) => what !== 'event');
  return counts.map(([what, count]) => `${what} ${count}`).join(', ');
}
