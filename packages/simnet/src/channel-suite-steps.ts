import { OuroborosError } from '@ouroboros/model';
import type { ChannelHost, ExpectOptions, FlowEnd } from '@ouroboros/ports';

/** An implementation of the packet channel, as the suite sees it. Rings or queues have `queueBytes` per direction. */
export interface ChannelSubject {
  readonly queueBytes: number;
  /** Options with which `expect` admits this process. */
  readonly sameUser: ExpectOptions;
  listen(): Promise<ChannelHost>;
  /** A host that does not listen. */
  connect(): Promise<ChannelHost>;
  /** Lets one turn pass. */
  turn(): Promise<void>;
}

/** Far more turns than anything here takes. */
const MAX_TURNS = 200_000;
export const NONE = new Uint8Array(0);
let tickets = 0;

export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: got ${a}, expected ${b}`);
}

export function isTrue(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not so: ${what}`);
}

export async function fails(promise: Promise<unknown>, code: string): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  same(error instanceof OuroborosError ? error.code : String(error), code, 'error code');
}

export function throwsCode(call: () => unknown, code: string): void {
  try {
    call();
  } catch (error) {
    return same(error instanceof OuroborosError ? error.code : String(error), code, 'error code');
  }
  throw new Error(`no ${code} thrown`);
}

export async function until(subject: ChannelSubject, condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    if (condition()) return;
    await subject.turn();
  }
  throw new Error(`never: ${what}`);
}

export const turns = async (subject: ChannelSubject, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await subject.turn();
};

export function newTicket(): Uint8Array {
  const ticket = new Uint8Array(16).fill(0xa5);
  new DataView(ticket.buffer).setUint32(0, (tickets += 1));
  return ticket;
}

/** A packet whose every byte depends on its number, so that any mix-up shows. */
export const patterned = (number: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (number * 31 + i * 7) & 0xff);

export const put = (end: FlowEnd, bytes: Uint8Array): string => end.write(NONE, 0, bytes, 0, bytes.length);

/** Reads what is there, at most `max`. */
export function takeAll(end: FlowEnd, max = 1_000_000): Uint8Array[] {
  const packets: Uint8Array[] = [];
  end.read(max, (buffer, offset, length) => {
    packets.push(buffer.slice(offset, offset + length));
    return true;
  });
  return packets;
}

export interface Pair {
  readonly server: ChannelHost;
  readonly client: ChannelHost;
  readonly a: FlowEnd;
  readonly b: FlowEnd;
}

export async function joinFlow(server: ChannelHost, client: ChannelHost): Promise<{ a: FlowEnd; b: FlowEnd }> {
  const ticket = newTicket();
  const a = server.expect(ticket);
  return { a, b: await client.attach(server.path!, ticket) };
}

export async function withPair(subject: ChannelSubject, body: (pair: Pair) => Promise<void>): Promise<void> {
  const server = await subject.listen();
  const client = await subject.connect();
  try {
    await body({ server, client, ...(await joinFlow(server, client)) });
  } finally {
    client.close();
    server.close();
  }
}

/** Collects all packets that arrive at `end`. */
export function collect(end: FlowEnd): Uint8Array[] {
  const packets: Uint8Array[] = [];
  end.onReadable = () => {
    packets.push(...takeAll(end, 64));
  };
  return packets;
}
