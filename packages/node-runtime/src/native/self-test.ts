import { loadNative, native } from './libc.js';
import { receiveDescriptors, sendDescriptors } from './descriptor-message.js';
import { createMemoryFile, mapMemoryFile, verifyMemoryFile, type MappedMemory } from './shared-memory.js';
import { closeDescriptor, socketPair } from './unix-socket.js';

const LENGTH = 4096;
const MARK = 0x4f37_5453;

let result: Promise<string | null> | undefined;

/**
 * Does once, in a few milliseconds, what the shared-memory channel rests on: a sealed memory file travels over a socket
 * pair and shows a store through both mappings. Resolves to null, or to the reason why it does not work here.
 */
export function nativeSelfTest(): Promise<string | null> {
  return (result ??= run());
}

async function run(): Promise<string | null> {
  await loadNative();
  const fds: number[] = [];
  const maps: MappedMemory[] = [];
  try {
    native();
    return passMemory(fds, maps);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    maps.forEach((memory) => memory.unmap());
    fds.forEach(closeDescriptor);
  }
}

function passMemory(fds: number[], maps: MappedMemory[]): string | null {
  const [left, right] = socketPair();
  fds.push(left, right);
  const file = createMemoryFile('ouroboros-self-test', LENGTH);
  fds.push(file);
  if (sendDescriptors(left, new Uint8Array(1), [file]) !== 1) return 'a descriptor cannot be sent';
  const received = receiveDescriptors(right);
  fds.push(...received.fds);
  const copy = received.fds[0];
  if (received.length !== 1 || copy === undefined) return 'a descriptor does not arrive';
  verifyMemoryFile(copy, LENGTH);
  for (const fd of [file, copy]) maps.push(mapMemoryFile(fd, LENGTH));
  const [ours, theirs] = maps.map((memory) => new Int32Array(memory.bytes));
  Atomics.store(ours!, 1, MARK);
  return Atomics.load(theirs!, 1) === MARK ? null : 'a store is not seen through a second mapping';
}
