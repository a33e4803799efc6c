import { readdirSync, readFileSync } from 'node:fs';
import { createMemoryFile, closeDescriptor, mapMemoryFile, nativeSelfTest, verifyMemoryFile, native } from './index.js';

const openFiles = (): number => readdirSync('/proc/self/fd').length;
const memoryMaps = (): number => readFileSync('/proc/self/maps', 'utf8').split('memfd:').length - 1;

describe('the native layer', () => {
  it('passes its self-test and leaves nothing open', async () => {
    const before = openFiles();
    expect(await nativeSelfTest()).toBeNull();
    expect(openFiles()).toBe(before);
    expect(memoryMaps()).toBe(0);
  });

  it('makes memory that nobody can shrink or grow', async () => {
    await nativeSelfTest();
    const fd = createMemoryFile('spec', 8192);
    expect(native().c.ftruncate(fd, 0)).toBe(-1);
    expect(native().errno()).toBe('EPERM');
    expect(() => verifyMemoryFile(fd, 4096)).toThrow('has 8192 bytes, not 4096');
    const memory = mapMemoryFile(fd, 8192);
    expect(new Uint8Array(memory.bytes).every((byte) => byte === 0)).toBe(true);
    memory.unmap();
    memory.unmap();
    closeDescriptor(fd);
  });

  it('refuses memory that is not sealed', async () => {
    await nativeSelfTest();
    const fd = native().c.memfd_create('spec', 2);
    native().c.ftruncate(fd, 4096);
    expect(() => verifyMemoryFile(fd, 4096)).toThrow('not sealed');
    closeDescriptor(fd);
  });
});
