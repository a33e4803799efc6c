import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNative, peerCredentials } from './index.js';

describe('peerCredentials', () => {
  it('names the process at the other end of a UNIX connection', async () => {
    expect(await loadNative()).not.toBeNull();
    const directory = mkdtempSync(join(tmpdir(), 'ouro-'));
    const path = join(directory, 's');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect(path);
    const socket = await accepted;
    const fd = (socket as unknown as { _handle: { fd: number } })._handle.fd;
    expect(peerCredentials(fd)).toEqual({ pid: process.pid, uid: process.getuid!(), gid: process.getgid!() });
    client.destroy();
    socket.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });

  it('answers null for what is no connected UNIX socket', async () => {
    await loadNative();
    expect(peerCredentials(0x7fff)).toBeNull();
    const file = openSync(__filename, 'r');
    expect(peerCredentials(file)).toBeNull();
    closeSync(file);
  });
});
