import { fstatSync } from 'node:fs';
import { OuroborosError } from '@ouroboros/model';
import { native, systemError, type Address } from './libc.js';

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_SHARED_ANONYMOUS = 0x21;
const MFD_CLOEXEC_ALLOW_SEALING = 3;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
/** F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW: with them no holder can make an access of another one fault. */
const SEALS = 7;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/**
 * Memory mapped into this process, shared with whoever maps the same file. `unmap` must come after the last access
 * through `bytes` or any view of it: a later one ends the process with SIGSEGV.
 */
export interface MappedMemory {
  readonly address: Address;
  readonly bytes: ArrayBuffer;
  /** Harmless when repeated. */
  unmap(): void;
}

/** A new sealed memory file of `length` zero bytes; the caller closes the descriptor. ENOMEM, EIO. */
export function createMemoryFile(name: string, length: number): number {
  const { c } = native();
  const fd = c.memfd_create(name, MFD_CLOEXEC_ALLOW_SEALING);
  if (fd < 0) throw systemError('create a memory file');
  if (c.ftruncate(fd, length) === 0 && c.fcntl(fd, F_ADD_SEALS, SEALS) === 0) return fd;
  const error = systemError('size and seal a memory file');
  c.close(fd);
  throw error;
}

/** Checks a descriptor that another process sent: of exactly `length` bytes, and nobody can change that. EPERM. */
export function verifyMemoryFile(fd: number, length: number): void {
  const seals = native().c.fcntl(fd, F_GET_SEALS, 0);
  if (seals < 0 || (seals & SEALS) !== SEALS) throw new OuroborosError('EPERM', 'the memory received is not sealed');
  const { size } = fstatSync(fd);
  if (size !== length) throw new OuroborosError('EPERM', `the memory received has ${size} bytes, not ${length}`);
}

/** Maps a memory file for reading and writing; the descriptor may be closed afterwards. ENOMEM. */
export const mapMemoryFile = (fd: number, length: number): MappedMemory => map(length, MAP_SHARED, fd);

/** Maps zeroed memory that never moves, for structures that hold addresses of each other. ENOMEM. */
export const mapAnonymous = (length: number): MappedMemory => map(length, MAP_SHARED_ANONYMOUS, -1);

function map(length: number, flags: number, fd: number): MappedMemory {
  const { c, view } = native();
  const address = BigInt(c.mmap(null, length, PROT_READ_WRITE, flags, fd, 0));
  if (address === MAP_FAILED) throw systemError(`map ${length} bytes`);
  let mapped = true;
  const unmap = (): void => {
    if (mapped) c.munmap(address, length);
    mapped = false;
  };
  return { address, bytes: view(address, length), unmap };
}
