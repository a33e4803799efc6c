import { closeSync, constants, openSync } from 'node:fs';
import { OuroborosError } from '@ouroboros/model';
import { native, systemError } from './libc.js';
import { deviceNames } from './packet-socket.js';

const TUN = '/dev/net/tun';
const TUNSETIFF = 0x4004_54ca;
/** struct ifreq: 0 name (16)  16 flags (2)  40 end. */
const IFREQ_LENGTH = 40;
const NAME_LENGTH = 16;
/** IFF_TUN | IFF_NO_PI: bare IP packets. */
const BARE_IP = 0x1001;
/** Each with a virtio header before it. */
const IFF_VNET_HDR = 0x4000;

const TUNGETFEATURES = 0x8004_54cf;
const TUNSETOFFLOAD = 0x4004_54d0;
/** TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_TSO_ECN: TCP packets may come without checksum, and several in one. */
const TCP_SEGMENTS = 0x0f;
/** TUN_F_USO4, TUN_F_USO6: likewise UDP. Since Linux 6.2. */
const UDP_SEGMENTS = 0x60;

/** A TUN device. */
export interface TunDescriptor {
  /** The device vanishes when this is closed. */
  readonly fd: number;
  readonly name: string;
  /** Each packet has a virtio header before it, in both directions; it may stand for several of TCP. */
  readonly virtio: boolean;
  /** With `virtio`: and for several of UDP. */
  readonly udpSegments: boolean;
}

/** Makes a TUN device, with what the kernel can do to carry several packets at once. EPERM, ENOENT, EBUSY, ENOTSUP, EINVAL. */
export function openTun(name = ''): TunDescriptor {
  const fd = openCloneDevice();
  const virtio = canVirtio(fd);
  const request = new Uint8Array(IFREQ_LENGTH);
  request.set(new TextEncoder().encode(name).subarray(0, NAME_LENGTH - 1));
  new DataView(request.buffer).setUint16(NAME_LENGTH, virtio ? BARE_IP | IFF_VNET_HDR : BARE_IP, true);
  if (native().c.ioctl(fd, TUNSETIFF, request) === 0) {
    const made = new TextDecoder().decode(request.subarray(0, request.indexOf(0)));
    return { fd, name: made, virtio, udpSegments: virtio && offload(fd) };
  }
  const error = creationError(native().errno(), name);
  closeSync(fd);
  throw error;
}

function canVirtio(fd: number): boolean {
  const features = new Uint8Array(4);
  if (native().c.ioctl(fd, TUNGETFEATURES, features) !== 0) return false;
  return (new DataView(features.buffer).getUint32(0, true) & IFF_VNET_HDR) !== 0;
}

/** Asks for as much as there is; answers whether that is UDP as well. Refused, the host hands over single packets. */
function offload(fd: number): boolean {
  const { c } = native();
  if (c.ioctl(fd, TUNSETOFFLOAD, BigInt(TCP_SEGMENTS | UDP_SEGMENTS)) === 0) return true;
  c.ioctl(fd, TUNSETOFFLOAD, BigInt(TCP_SEGMENTS));
  return false;
}

function openCloneDevice(): number {
  try {
    return openSync(TUN, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      const message = `there is no ${TUN}: load the kernel module "tun", and in a container pass the device in`;
      throw new OuroborosError('ENOENT', message, { cause });
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new OuroborosError('EPERM', `${TUN} may not be opened by this process: it needs root or CAP_NET_ADMIN`, {
        cause,
      });
    }
    throw new OuroborosError('ENOTSUP', `${TUN} does not work here: ${String(code)}`, { cause });
  }
}

function creationError(errno: string, name: string): OuroborosError {
  if (errno === 'EPERM') {
    return new OuroborosError(
      'EPERM',
      'a TUN device needs the capability CAP_NET_ADMIN, which this process does not have',
    );
  }
  if (errno === 'EBUSY' || deviceNames().includes(name)) {
    return new OuroborosError('EBUSY', `there is a device ${name} already`, { field: 'device' });
  }
  if (errno === 'EINVAL') {
    return new OuroborosError('EINVAL', `${name} cannot be the name of a TUN device`, { field: 'device' });
  }
  return systemError('make a TUN device');
}
