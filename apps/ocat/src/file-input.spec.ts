import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileInput } from './file-input.js';

describe('a file as input', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ocat-'));
  const file = join(folder, 'bytes');
  afterAll(() => rmSync(folder, { recursive: true }));

  async function reading(length: number, act: (fd: number) => Promise<void>): Promise<Buffer> {
    const bytes = randomBytes(length);
    writeFileSync(file, bytes);
    const fd = openSync(file, 'r');
    await act(fd).finally(() => closeSync(fd));
    return bytes;
  }

  async function readAll(input: FileInput): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of input) parts.push(Buffer.from(part));
    return Buffer.concat(parts);
  }

  it.each([0, 1, 1 << 19, 1_700_000])('gives all %i bytes, from where the file stands', async (length) => {
    let read: Buffer = Buffer.alloc(0);
    const bytes = await reading(length + 7, async (fd) => {
      readSync(fd, Buffer.alloc(7));
      read = await readAll(new FileInput(fd));
    });
    expect(read.equals(bytes.subarray(7))).toBe(true);
  });

  it('ends when it is destroyed, and says what cannot be read', async () => {
    await reading(3_000_000, async (fd) => {
      const input = new FileInput(fd);
      let parts = 0;
      for await (const part of input) {
        expect(part.length).toBeGreaterThan(0);
        parts += 1;
        input.destroy();
      }
      expect(parts).toBe(1);
    });
    const folderFd = openSync(folder, 'r');
    await expect(readAll(new FileInput(folderFd))).rejects.toMatchObject({ code: 'EISDIR' });
    closeSync(folderFd);
  });
});
