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

/** A descriptor of a new TUN device, and its name. It vanishes when the descriptor is closed. EPERM, ENOENT, EBUSY, ENOTSUP, EINVAL. */
export function openTun(name = ''): { readonly fd: number; readonly name: string } {
  const fd = openCloneDevice();
  const request = new Uint8Array(IFREQ_LENGTH);
  request.set(new TextEncoder().encode(name).subarray(0, NAME_LENGTH - 1));
  new DataView(request.buffer).setUint16(NAME_LENGTH, BARE_IP, true);
  if (native().c.ioctl(fd, TUNSETIFF, request) === 0) {
    return { fd, name: new TextDecoder().decode(request.subarray(0, request.indexOf(0))) };
  }
  const error = creationError(native().errno(), name);
  closeSync(fd);
  throw error;
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
