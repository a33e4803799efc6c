import { getSystemErrorName } from 'node:util';
import { OuroborosError, isErrorCode, type IpPrefix } from '@ouroboros/model';
import { native, systemError } from './libc.js';
import { deviceState } from './packet-socket.js';
import { closeDescriptor } from './unix-socket.js';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NLM_REQUEST_ACK = 5;
const NLM_CREATE_EXCL = 0x600;
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const AF = { 4: 2, 6: 10 } as const;

const IFLA_MTU = 4;
const IFF_UP = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
/** Nobody else can have the address: it is good at once. */
const IFA_F_NODAD = 2;
const RTA_DST = 1;
const RTA_OIF = 4;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;

/** struct nlmsghdr: 0 length (4)  4 type (2)  6 flags (2)  8 number (4)  12 port (4)  16 end. The answer has an error number behind it. */
const HEADER = 16;
const ANSWER_BYTES = 1024;

/** Changes of network devices by rtnetlink; each is done when the call returns. Errors: EPERM, EEXIST, EINVAL, EIO. */
export class RouteSocket {
  private readonly fd: number;
  private number = 0;

  constructor() {
    this.fd = native().c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0);
    if (this.fd < 0) throw systemError('open a netlink socket');
  }

  /** The number of a device. ENOENT. */
  indexOf(name: string): number {
    const state = deviceState(this.fd, name);
    if (state) return state.index;
    throw new OuroborosError('ENOENT', `there is no device ${name}`);
  }

  /** struct ifinfomsg: family (1), 0 (1), type (2), index (4), flags (4), which of them count (4) */
  setMtu(index: number, mtu: number): void {
    const body = [...bytes32(0, index, 0, 0), ...attribute(IFLA_MTU, bytes32(mtu))];
    this.ask(`set an MTU of ${mtu}`, RTM_NEWLINK, 0, body);
  }

  switchOn(index: number): void {
    this.ask('switch the device on', RTM_NEWLINK, 0, bytes32(0, index, IFF_UP, IFF_UP));
  }

  /** struct ifaddrmsg: family, prefix length, flags, scope (1 each), index (4) */
  addAddress(index: number, prefix: IpPrefix): void {
    const { version, address, length } = prefix;
    const flags = version === 6 ? IFA_F_NODAD : 0;
    const head = [AF[version], length, flags, 0, ...bytes32(index)];
    const body = [...head, ...attribute(IFA_LOCAL, address), ...attribute(IFA_ADDRESS, address)];
    this.ask(`add the address ${textOf(prefix)}`, RTM_NEWADDR, NLM_CREATE_EXCL, body);
  }

  /** struct rtmsg: family, lengths of destination and source, TOS, table, protocol, scope, type (1 each), flags (4) */
  addRoute(index: number, prefix: IpPrefix): void {
    const { version, address, length } = prefix;
    const scope = version === 4 ? RT_SCOPE_LINK : 0;
    const head = [AF[version], length, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, RTN_UNICAST, ...bytes32(0)];
    const body = [...head, ...attribute(RTA_DST, address), ...attribute(RTA_OIF, bytes32(index))];
    this.ask(`add the route ${textOf(prefix)}`, RTM_NEWROUTE, NLM_CREATE_EXCL, body);
  }

  close(): void {
    closeDescriptor(this.fd);
  }

  private ask(doing: string, type: number, flags: number, body: readonly number[]): void {
    const { c } = native();
    this.number += 1;
    const length = HEADER + body.length;
    const head = [...bytes32(length), ...bytes16(type, NLM_REQUEST_ACK | flags), ...bytes32(this.number, 0)];
    const answer = new Uint8Array(ANSWER_BYTES);
    if (c.send(this.fd, Uint8Array.from([...head, ...body]), length, 0) < 0) throw systemError(doing);
    // The kernel answers before the sending returns.
    if (c.recv(this.fd, answer, answer.length, 0) < HEADER + 4) throw systemError(doing);
    const error = new DataView(answer.buffer).getInt32(HEADER, true);
    if (error === 0) return;
    const name = getSystemErrorName(error);
    throw new OuroborosError(isErrorCode(name) ? name : 'EIO', `${doing}: ${name}`);
  }
}

const bytes16 = (...values: number[]): number[] => values.flatMap((value) => [value & 255, value >> 8]);
const bytes32 = (...values: number[]): number[] => values.flatMap((value) => bytes16(value & 0xffff, value >>> 16));

/** struct rtattr: length (2), type (2), value; aligned to 4 bytes, as all values here are. */
const attribute = (type: number, value: ArrayLike<number>): number[] => [
  ...bytes16(value.length + 4, type),
  ...Array.from(value),
];

function textOf({ version, address, length }: IpPrefix): string {
  if (version === 4) return `${address.join('.')}/${length}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((address[i * 2]! << 8) | address[i * 2 + 1]!).toString(16));
  return `${groups.join(':')}/${length}`;
}
