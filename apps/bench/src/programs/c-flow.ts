/**
 * An application of Ouroboros C, through the public calls of its library: `receive LIBRARY` serves one flow of whatever name it is bound to and
 * counts, `send LIBRARY NAME SIZE SECONDS` writes as fast as a flow takes packets. Each prints one JSON object at its end. Its calls block, and so does
 * its event loop: whoever starts it must limit its time.
 */
import koffi from 'koffi';

export interface Received {
  readonly packets: number;
  /** From the first packet to the last. */
  readonly spanMs: number;
}

export interface Sent {
  readonly packets: number;
}

/** `fccntl`: how long a read waits. */
const FLOWSRCVTIMEO = 1;
/** So long after the last packet nothing is under way. */
const SILENCE_MS = 300;
/** Longer than any packet, so that one read takes a whole one. */
const BUFFER_BYTES = 16_384;
/** Packets between two looks at the clock. */
const BURST = 16;

interface Library {
  flow_alloc(name: string, qos: null, limit: null): number;
  flow_accept(qos: null, limit: null): number;
  flow_dealloc(flow: number): number;
  flow_read(flow: number, bytes: Uint8Array, length: number): number;
  flow_write(flow: number, bytes: Uint8Array, length: number): number;
  fccntl(flow: number, command: number, type: 'void *', value: BigInt64Array): number;
}

/** Its own OpenSSL, not Node's (`deep`). */
function load(file: string): Library {
  const library = koffi.load(file, { deep: true });
  return {
    flow_alloc: library.func('int flow_alloc(const char *, void *, void *)'),
    flow_accept: library.func('int flow_accept(void *, void *)'),
    flow_dealloc: library.func('int flow_dealloc(int)'),
    flow_read: library.func('int64_t flow_read(int, void *, size_t)'),
    flow_write: library.func('int64_t flow_write(int, void *, size_t)'),
    fccntl: library.func('int fccntl(int, int, ...)'),
  } as unknown as Library;
}

function receive(library: Library): Received {
  const flow = checked('flow_accept', library.flow_accept(null, null));
  const limit = BigInt64Array.of(0n, BigInt(SILENCE_MS) * 1_000_000n);
  checked('fccntl', library.fccntl(flow, FLOWSRCVTIMEO, 'void *', limit));
  const buffer = new Uint8Array(BUFFER_BYTES);
  let packets = 0;
  let first = 0;
  let last = 0;
  while (library.flow_read(flow, buffer, BUFFER_BYTES) >= 0) {
    last = performance.now();
    if (packets === 0) first = last;
    packets += 1;
  }
  library.flow_dealloc(flow);
  return { packets, spanMs: last - first };
}

function send(library: Library, name: string, size: number, seconds: number): Sent {
  const flow = checked('flow_alloc', library.flow_alloc(name, null, null));
  const packet = new Uint8Array(size);
  const end = performance.now() + seconds * 1000;
  let packets = 0;
  while (performance.now() < end) {
    for (let i = 0; i < BURST; i += 1) checked('flow_write', library.flow_write(flow, packet, size));
    packets += BURST;
  }
  library.flow_dealloc(flow);
  return { packets };
}

function checked(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} of Ouroboros C failed: ${result}`);
  return result;
}

const [role, file, name, size, seconds] = process.argv.slice(2);
const library = load(file!);
const result = role === 'receive' ? receive(library) : send(library, name!, Number(size), Number(seconds));
process.stdout.write(`${JSON.stringify(result)}\n`);
