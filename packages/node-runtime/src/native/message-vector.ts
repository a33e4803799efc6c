import { native, type Address } from './libc.js';
import { mapAnonymous, type MappedMemory } from './shared-memory.js';

/*
 * What sendmmsg and recvmmsg work on, for each message (64 bits, little-endian):
 *
 *   struct mmsghdr (64)   0 msg_name (8)  8 msg_namelen (4+4)  16 msg_iov (8)  24 msg_iovlen (8)  32 msg_control (8)
 *                        40 msg_controllen (8)  48 msg_flags (4+4)  56 msg_len (4+4)
 *   struct iovec (16)     0 iov_base (8)  8 iov_len (8)
 *   control (24)          0 cmsg_len (8)  8 cmsg_level (4)  12 cmsg_type (4)  16 size of segments (4)
 *   name (32)             struct sockaddr_in or sockaddr_in6
 *
 * Below, positions are those of words of 4 bytes; every value that is written fits into one.
 */
const HEADER = 16;
const IOVEC = 4;
const CONTROL = 6;
const NAME = 8;
const MESSAGE_BYTES = 4 * (HEADER + IOVEC + CONTROL + NAME);

const NAME_LENGTH_AT = 2;
const CONTROL_LENGTH_AT = 10;
const LENGTH_AT = 14;
const IOV_LENGTH_AT = 2;

const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;
const CONTROL_BYTES = 24;
/** cmsg_len of UDP_SEGMENT, whose size of segments has 2 bytes, and of UDP_GRO, where it has 4. */
const SEGMENT_CMSG = 18;
const GRO_CMSG = 20;

const MSG_DONTWAIT_NOSIGNAL = 0x4040;

/** A row of messages for sendmmsg and recvmmsg, in memory that does not move. Nothing of it is checked: who calls knows the bounds. */
export class MessageVector {
  private readonly memory: MappedMemory;
  private readonly words: Int32Array;
  private readonly pointers: BigInt64Array;
  /** Word of the first iovec, control and name. */
  private readonly iovecs: number;
  private readonly controls: number;
  private readonly firstName: number;
  /** Address of each header. */
  private readonly addresses: readonly Address[];

  /** `fd`: the socket; `data`: address of the bytes that all messages are parts of. */
  constructor(
    private readonly fd: number,
    count: number,
    private readonly data: Address,
  ) {
    this.memory = mapAnonymous(count * MESSAGE_BYTES);
    this.words = new Int32Array(this.memory.bytes);
    this.pointers = new BigInt64Array(this.memory.bytes);
    this.iovecs = count * HEADER;
    this.controls = this.iovecs + count * IOVEC;
    this.firstName = this.controls + count * CONTROL;
    this.addresses = Array.from({ length: count }, (_, i) => this.addressOf(i * HEADER));
    for (let i = 0; i < count; i += 1) this.join(i);
  }

  /** The words of all names; that of a message begins at `nameAt`. */
  get names(): Int32Array {
    return this.words;
  }

  nameAt(message: number): number {
    return this.firstName + message * NAME;
  }

  /** Which bytes a message has, or has room for. */
  setBytes(message: number, offset: number, length: number): void {
    const iovec = this.iovecs + message * IOVEC;
    this.pointers[iovec >> 1] = this.data + BigInt(offset);
    this.words[iovec + IOV_LENGTH_AT] = length;
  }

  setName(message: number, name: Int32Array): void {
    this.words.set(name, this.nameAt(message));
    this.words[message * HEADER + NAME_LENGTH_AT] = name.length * 4;
  }

  /** The message is cut into datagrams of `size` bytes, the last of what is left; 0 = it is one datagram. */
  setSegments(message: number, size: number): void {
    const control = this.controls + message * CONTROL;
    this.words[control] = SEGMENT_CMSG;
    this.words[control + 2] = SOL_UDP;
    this.words[control + 3] = UDP_SEGMENT;
    this.words[control + 4] = size;
    this.words[message * HEADER + CONTROL_LENGTH_AT] = size === 0 ? 0 : CONTROL_BYTES;
  }

  /** Sends `count` messages from `first` on without waiting, as sendmmsg does: answers how many were sent, or −1. */
  send(first: number, count: number): number {
    return native().c.sendmmsg(this.fd, this.addresses[first]!, count, MSG_DONTWAIT_NOSIGNAL);
  }

  /** Receives up to `count` messages without waiting, as recvmmsg does. */
  receive(count: number): number {
    for (let i = 0; i < count; i += 1) {
      this.words[i * HEADER + NAME_LENGTH_AT] = NAME * 4;
      this.words[i * HEADER + CONTROL_LENGTH_AT] = CONTROL_BYTES;
    }
    return native().c.recvmmsg(this.fd, this.addresses[0]!, count, MSG_DONTWAIT_NOSIGNAL, null);
  }

  /** Why the last call failed, as a name such as `EAGAIN`. */
  errno(): string {
    return native().errno();
  }

  /** Bytes of a message that was received. */
  lengthOf(message: number): number {
    return this.words[message * HEADER + LENGTH_AT]!;
  }

  /** Size of the datagrams that a message that was received is made of, the last of what is left. */
  segmentsOf(message: number): number {
    const control = this.controls + message * CONTROL;
    const { words } = this;
    const told = words[message * HEADER + CONTROL_LENGTH_AT]! >= GRO_CMSG;
    const size = told && words[control + 2] === SOL_UDP && words[control + 3] === UDP_GRO ? words[control + 4]! : 0;
    return size > 0 ? size : this.lengthOf(message);
  }

  /** Harmless when repeated; nothing else may be called afterwards. */
  release(): void {
    this.memory.unmap();
  }

  private join(message: number): void {
    const pointer = (message * HEADER) >> 1;
    this.pointers[pointer] = this.addressOf(this.nameAt(message));
    this.pointers[pointer + 2] = this.addressOf(this.iovecs + message * IOVEC);
    this.pointers[pointer + 3] = 1n;
    this.pointers[pointer + 4] = this.addressOf(this.controls + message * CONTROL);
  }

  private addressOf(word: number): Address {
    return this.memory.address + BigInt(word * 4);
  }
}
