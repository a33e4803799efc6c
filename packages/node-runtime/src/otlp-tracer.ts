import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { VERSION, fromMs, toHex, toOuroborosError, type JsonObject, type Micros } from '@ouroboros/model';
import type { Clock, Logger, Span, Tracer } from '@ouroboros/ports';

/** The environment variable by which irmd tells IPCPs where traces go: the URL of a collector. */
export const TRACES_VARIABLE = 'OUROBOROS_TRACES';

/** Spans wait so long for others to go with them, and no more than so many wait. */
const GATHER = fromMs(500);
const MOST_WAITING = 2048;
const SEND_TIMEOUT_MS = 2000;
/** The wall clock was set when it has gone so far from the monotonic one, in µs. Its own resolution is 1 ms. */
const CLOCK_STEP = 5000;

/** Kinds of OTLP: internal, server, client. */
const KIND = { step: 1, far: 2, root: 3 } as const;
const STATUS_ERROR = 2;

export interface OtlpTracerOptions {
  /** URL of the collector, path included. */
  readonly endpoint: string;
  /** `irmd`, `ipcpd-unicast`, … */
  readonly service: string;
  /** The IPCP's name, or empty. */
  readonly instance: string;
  readonly runtimeDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Sends spans to a collector of OpenTelemetry: OTLP over HTTP, in JSON. [opentelemetry.io/docs/specs/otlp] Spans of a collector that is
 * away are lost: traces never hold anything up.
 *
 * The trace id is the correlation id behind eight zero bytes, as ids of 64 bits are written; it travels in the OAP or
 * enrollment messages anyway, so hosts need to tell each other nothing more. The root's span id is the correlation id itself, so that
 * all know their parent.
 */
export class OtlpTracer implements Tracer {
  private waiting: JsonObject[] = [];
  private lost = 0;
  private sending: Promise<void> = Promise.resolve();
  private cancel: (() => void) | null = null;
  private away = false;
  /** Wall time less monotonic time, in µs. */
  private offset = 0;

  constructor(private readonly options: OtlpTracerOptions) {}

  span(span: Span): void {
    if (!/^[0-9a-f]{16}$/.test(span.id)) return;
    if (this.waiting.length >= MOST_WAITING) this.lost += 1;
    else this.waiting.push(this.encode(span));
    const { clock } = this.options;
    this.cancel ??= clock.at((clock.now() + GATHER) as Micros, () => void this.flush());
  }

  /** Sends what waits; resolves when the collector has it, or is given up. */
  flush(): Promise<void> {
    this.cancel?.();
    this.cancel = null;
    const spans = this.waiting;
    this.waiting = [];
    if (spans.length > 0) this.sending = this.sending.then(() => this.send(spans));
    return this.sending;
  }

  private async send(spans: readonly JsonObject[]): Promise<void> {
    const { endpoint, logger } = this.options;
    try {
      const body = JSON.stringify({
        resourceSpans: [{ resource: this.resource(), scopeSpans: [{ scope: SCOPE, spans }] }],
      });
      const headers = { 'Content-Type': 'application/json' };
      const signal = AbortSignal.timeout(SEND_TIMEOUT_MS);
      const answer = await fetch(endpoint, { method: 'POST', headers, body, signal });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
      this.away = false;
    } catch (thrown) {
      this.lost += spans.length;
      if (!this.away) logger.log('warn', 'traces are lost', { endpoint, error: toOuroborosError(thrown).message });
      this.away = true;
    }
  }

  private resource(): JsonObject {
    const { service, instance, runtimeDir } = this.options;
    const named = {
      'service.name': service,
      'service.version': VERSION,
      'service.instance.id': instance === '' ? `${service} ${runtimeDir}` : `${instance} ${runtimeDir}`,
      'host.name': hostname(),
      'process.pid': process.pid,
      ...(this.lost > 0 && { 'ouroboros.lost_spans': this.lost }),
    };
    return { attributes: attributesOf(named) };
  }

  private encode({ id, name, role, from, to, attributes, error }: Span): JsonObject {
    const root = role === 'root';
    return {
      traceId: `0000000000000000${id}`,
      spanId: root ? id : toHex(randomBytes(8)),
      ...(!root && { parentSpanId: id }),
      name,
      kind: KIND[role],
      startTimeUnixNano: this.wallNanos(from),
      endTimeUnixNano: this.wallNanos(to),
      attributes: attributesOf(attributes),
      ...(error !== '' && { status: { code: STATUS_ERROR, message: error } }),
    };
  }

  /** 64-bit numbers are text in OTLP. */
  private wallNanos(at: Micros): string {
    const { clock } = this.options;
    const offset = Number(clock.wallNanos() / 1000n) - clock.now();
    if (Math.abs(offset - this.offset) > CLOCK_STEP) this.offset = offset;
    return String(BigInt(Math.round(at + this.offset)) * 1000n);
  }
}

const SCOPE = { name: 'ouroboros', version: VERSION };

const attributesOf = (named: Readonly<Record<string, string | number>>): JsonObject[] =>
  Object.entries(named).map(([key, value]): JsonObject => {
    const typed: JsonObject = typeof value === 'number' ? { intValue: String(value) } : { stringValue: value };
    return { key, value: typed };
  });
