import { EMPTY_BYTES } from '@ouroboros/model';

/*
 * What the two processes of a connection say to each other. Little-endian. Each side opens with
 *
 *   HELLO      4f 37 43 48 ("O7CH")  version (1)  kind (1)  0 (2)
 *
 * and then sends messages of 8 bytes and what belongs to them:
 *
 *   type (1)  0 (1)  slot (2)  value (4)
 *
 *   0 BELL      1 byte alone: something happened in a flow                                   shared memory only
 *   1 ATTACH    followed by the ticket (16)                                                  by the attaching side
 *   2 ATTACHED  value = bytes per ring; with the memory of the slot, unless it keeps its own from an earlier flow, before
 *               it once the control area's, as descriptors
 *   3 REFUSED   value = error number. Answers come in the order of the questions
 *   4 DATA      value = length of the packet that follows                                    stream only
 *   5 CREDIT    value = bytes of ring that became free, followed by packets read (4)         stream only
 *   6 CLOSE     this side ends the flow                                                      stream only
 */
export const TICKET_BYTES = 16;
export const HELLO_BYTES = 8;
export const MESSAGE_BYTES = 8;
export const MessageType = { BELL: 0, ATTACH: 1, ATTACHED: 2, REFUSED: 3, DATA: 4, CREDIT: 5, CLOSE: 6 } as const;

export type ChannelKind = 'shm' | 'stream';

const MAGIC = [0x4f, 0x37, 0x43, 0x48];
const VERSION = 2;
const KINDS: readonly ChannelKind[] = ['shm', 'stream'];

export const encodeHello = (kind: ChannelKind): Uint8Array =>
  Uint8Array.of(...MAGIC, VERSION, KINDS.indexOf(kind) + 1, 0, 0);

/** The other side's kind; undefined when the bytes are no hello of this version. */
export function decodeHello(bytes: Uint8Array, offset: number): ChannelKind | undefined {
  if (!MAGIC.every((byte, i) => bytes[offset + i] === byte) || bytes[offset + 4] !== VERSION) return undefined;
  return KINDS[bytes[offset + 5]! - 1];
}

/** Writes a message's first 8 bytes at `offset`. */
export function putMessage(bytes: Uint8Array, offset: number, type: number, slot: number, value: number): void {
  bytes[offset] = type;
  bytes[offset + 1] = 0;
  bytes[offset + 2] = slot & 0xff;
  bytes[offset + 3] = slot >>> 8;
  putUint32(bytes, offset + 4, value);
}

export function encodeMessage(type: number, slot: number, value: number, rest: Uint8Array = EMPTY_BYTES): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_BYTES + rest.length);
  putMessage(bytes, 0, type, slot, value);
  bytes.set(rest, MESSAGE_BYTES);
  return bytes;
}

export function putUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value & 0xff;
  bytes[offset + 1] = (value >>> 8) & 0xff;
  bytes[offset + 2] = (value >>> 16) & 0xff;
  bytes[offset + 3] = value >>> 24;
}

export const getUint32 = (bytes: Uint8Array, offset: number): number =>
  (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0;

/** Receives the messages of a stream in order. `rest` lies at `bytes[offset …)`, valid during the call. */
export interface MessageReceiver {
  /** Answers false when it wants no more. */
  onHello(kind: ChannelKind): boolean;
  /** Answers false when the message is not allowed here: the connection ends. */
  onMessage(type: number, slot: number, value: number, bytes: Uint8Array, offset: number): boolean;
}

/** Cuts a byte stream of any segmentation into messages, holding back at most one incomplete one. */
export class MessageReader {
  private readonly held: Uint8Array;
  private heldLength = 0;
  private greeted = false;
  private ended = false;

  /** `maxData`: longest packet of a DATA message; -1 = none is allowed. */
  constructor(
    private readonly receiver: MessageReceiver,
    private readonly maxData: number,
  ) {
    this.held = new Uint8Array(MESSAGE_BYTES + Math.max(TICKET_BYTES, maxData));
  }

  /** Nothing is held back and the hello is over: the next byte starts a message. */
  get idle(): boolean {
    return this.heldLength === 0 && this.greeted;
  }

  /** Takes `bytes[0 … length)`; answers false when the other side broke the rules, then and ever after. */
  feed(bytes: Uint8Array, length: number): boolean {
    let at = 0;
    while (at < length && !this.ended) {
      at = this.heldLength > 0 ? this.feedHeld(bytes, at, length) : this.feedFresh(bytes, at, length);
    }
    return !this.ended;
  }

  private feedFresh(bytes: Uint8Array, at: number, length: number): number {
    const size = this.sizeAt(bytes, at, length - at);
    if (size < 0) return this.end();
    if (size > length - at) {
      this.held.set(bytes.subarray(at, length), 0);
      this.heldLength = length - at;
      return length;
    }
    this.dispatch(bytes, at);
    return at + size;
  }

  private feedHeld(bytes: Uint8Array, at: number, length: number): number {
    const size = this.sizeAt(this.held, 0, this.heldLength);
    const more = Math.min(size - this.heldLength, length - at);
    this.held.set(bytes.subarray(at, at + more), this.heldLength);
    this.heldLength += more;
    const known = this.sizeAt(this.held, 0, this.heldLength);
    if (known < 0) return this.end();
    if (known === this.heldLength) {
      this.heldLength = 0;
      this.dispatch(this.held, 0);
    }
    return at + more;
  }

  /** Bytes of the message that starts at `at`, as far as `available` bytes tell; -1 = no such message. */
  private sizeAt(bytes: Uint8Array, at: number, available: number): number {
    if (!this.greeted) return HELLO_BYTES;
    const type = bytes[at]!;
    if (type === MessageType.BELL) return 1;
    if (type > MessageType.CLOSE) return -1;
    if (available < MESSAGE_BYTES) return MESSAGE_BYTES;
    if (type === MessageType.ATTACH) return MESSAGE_BYTES + TICKET_BYTES;
    if (type === MessageType.CREDIT) return MESSAGE_BYTES + 4;
    if (type !== MessageType.DATA) return MESSAGE_BYTES;
    const length = getUint32(bytes, at + 4);
    return length > this.maxData ? -1 : MESSAGE_BYTES + length;
  }

  private dispatch(bytes: Uint8Array, at: number): void {
    if (!this.greeted) {
      this.greeted = true;
      const kind = decodeHello(bytes, at);
      if (kind === undefined || !this.receiver.onHello(kind)) this.end();
      return;
    }
    const type = bytes[at]!;
    if (type === MessageType.BELL) return;
    const slot = bytes[at + 2]! | (bytes[at + 3]! << 8);
    if (!this.receiver.onMessage(type, slot, getUint32(bytes, at + 4), bytes, at + MESSAGE_BYTES)) this.end();
  }

  private end(): number {
    this.ended = true;
    return Number.MAX_SAFE_INTEGER;
  }
}
