import { native } from './libc.js';
import { mapAnonymous } from './shared-memory.js';

/*
 * struct msghdr and what it points to, in memory that does not move (64 bits, little-endian):
 *
 *     0 msg_name (8)  8 msg_namelen (4+4)  16 msg_iov (8)  24 msg_iovlen (8)  32 msg_control (8)
 *    40 msg_controllen (8)  48 msg_flags (4)
 *    64 struct iovec: 0 iov_base (8)  8 iov_len (8)
 *   128 control: 0 cmsg_len (8)  8 cmsg_level (4)  12 cmsg_type (4)  16 descriptors (4 each)
 *   256 bytes of the message
 */
const IOVEC = 64;
const CONTROL = 128;
const BYTES = 256;
const SIZE = 8192;
const CONTROL_HEADER = 16;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 8;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;

/** Most descriptors in one message; a sender of more loses the rest, as the kernel closes what does not fit. */
export const MAX_DESCRIPTORS = 4;
/** Most bytes in one message. */
export const MAX_MESSAGE = SIZE - BYTES;

interface Scratch {
  readonly address: bigint;
  readonly view: DataView;
  readonly bytes: Uint8Array;
}

let scratch: Scratch | undefined;

/** One area per process serves all calls: none of them yields. */
function getScratch(): Scratch {
  if (scratch) return scratch;
  const memory = mapAnonymous(SIZE);
  const view = new DataView(memory.bytes);
  view.setBigUint64(16, memory.address + BigInt(IOVEC), true);
  view.setBigUint64(24, 1n, true);
  view.setBigUint64(IOVEC, memory.address + BigInt(BYTES), true);
  return (scratch = { address: memory.address, view, bytes: new Uint8Array(memory.bytes, BYTES) });
}

function setUp({ view, address }: Scratch, length: number, controlLength: number): void {
  view.setBigUint64(IOVEC + 8, BigInt(length), true);
  view.setBigUint64(32, controlLength === 0 ? 0n : address + BigInt(CONTROL), true);
  view.setBigUint64(40, BigInt(controlLength), true);
  view.setInt32(48, 0, true);
}

/** Sends `bytes` with copies of the descriptors `fds`, without waiting. Answers as sendmsg does. */
export function sendDescriptors(fd: number, bytes: Uint8Array, fds: readonly number[]): number {
  const area = getScratch();
  area.bytes.set(bytes);
  const length = CONTROL_HEADER + 4 * fds.length;
  setUp(area, bytes.length, fds.length === 0 ? 0 : (length + 7) & ~7);
  area.view.setBigUint64(CONTROL, BigInt(length), true);
  area.view.setInt32(CONTROL + 8, SOL_SOCKET, true);
  area.view.setInt32(CONTROL + 12, SCM_RIGHTS, true);
  fds.forEach((sent, i) => area.view.setInt32(CONTROL + CONTROL_HEADER + 4 * i, sent, true));
  return Number(native().c.sendmsg(fd, area.address, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/** What `receiveDescriptors` received: valid until the next call. The caller owns, and closes, the descriptors. */
export interface Received {
  /** As of recvmsg: number of bytes, 0 at the end of the stream, negative = failed. */
  length: number;
  bytes: Uint8Array;
  readonly fds: number[];
  /** The other side sent more descriptors than MAX_DESCRIPTORS. */
  truncated: boolean;
}

const received: Received = { length: 0, bytes: new Uint8Array(0), fds: [], truncated: false };

/** Receives bytes and descriptors (close-on-exec), without waiting. The result is one object, used again by each call. */
export function receiveDescriptors(fd: number): Received {
  const area = getScratch();
  setUp(area, MAX_MESSAGE, (CONTROL_HEADER + 4 * MAX_DESCRIPTORS + 7) & ~7);
  received.length = Number(native().c.recvmsg(fd, area.address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
  received.bytes = area.bytes;
  received.fds.length = 0;
  received.truncated = false;
  if (received.length >= 0) readControl(area.view);
  return received;
}

function readControl(view: DataView): void {
  received.truncated = (view.getInt32(48, true) & MSG_CTRUNC) !== 0;
  if (view.getBigUint64(40, true) < CONTROL_HEADER) return;
  if (view.getInt32(CONTROL + 8, true) !== SOL_SOCKET || view.getInt32(CONTROL + 12, true) !== SCM_RIGHTS) return;
  const count = (Number(view.getBigUint64(CONTROL, true)) - CONTROL_HEADER) >> 2;
  for (let i = 0; i < count; i++) received.fds.push(view.getInt32(CONTROL + CONTROL_HEADER + 4 * i, true));
}
