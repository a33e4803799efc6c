import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { socketAnswers } from './socket-answers.js';

describe('whether somebody listens at a UNIX socket', () => {
  let dir: string;
  beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'answers-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  it('is true while a server listens, and not afterwards', async () => {
    const path = join(dir, 'sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    expect(await socketAnswers(path)).toBe(true);
    server.close();
    await once(server, 'close');
    expect(await socketAnswers(path)).toBe(false);
  });

  it('is false for a path without a file, and for a file that is no socket', async () => {
    const path = join(dir, 'file');
    expect(await socketAnswers(path)).toBe(false);
    writeFileSync(path, '');
    expect(await socketAnswers(path)).toBe(false);
  });
});
