import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IrmServer } from '@ouroboros/rpc';
import { MemoryManagement } from './memory-management.js';
import { findProgram, openIrm } from './node.js';

describe('finding a program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'irm-'));
  const [first, second] = [join(folder, 'a'), join(folder, 'b')];
  const path = `${first}:${join(folder, 'absent')}:${second}`;

  beforeAll(() => {
    for (const place of [first, second]) mkdirSync(place);
    writeFileSync(join(first, 'plain'), '', { mode: 0o644 });
    writeFileSync(join(second, 'tool'), '', { mode: 0o755 });
    writeFileSync(join(first, 'both'), '', { mode: 0o644 });
    writeFileSync(join(second, 'both'), '', { mode: 0o755 });
    mkdirSync(join(first, 'folder'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('searches PATH for an executable file', async () => {
    await expect(findProgram('tool', path)).resolves.toBe(join(second, 'tool'));
    await expect(findProgram('both', path)).resolves.toBe(join(second, 'both'));
  });

  it('takes a path as it is, made absolute', async () => {
    await expect(findProgram(join(second, 'tool'), '')).resolves.toBe(join(second, 'tool'));
    await expect(findProgram(join(second, '..', 'b', 'tool'), '')).resolves.toBe(join(second, 'tool'));
  });

  it('says ENOENT where there is none', async () => {
    const error = { code: 'ENOENT', field: 'program' };
    await expect(findProgram('nothing', path)).rejects.toMatchObject({
      ...error,
      message: 'program nothing does not exist in PATH',
    });
    await expect(findProgram('/no/such', path)).rejects.toMatchObject({
      ...error,
      message: 'program /no/such does not exist',
    });
    await expect(findProgram(join(first, 'plain', 'x'), path)).rejects.toMatchObject(error);
    await expect(findProgram('folder', path)).rejects.toMatchObject(error);
  });

  it('says EPERM for a file that cannot be executed', async () => {
    await expect(findProgram('plain', path)).rejects.toMatchObject({ code: 'EPERM', field: 'program' });
  });
});

describe('opening a node', () => {
  it('talks to its daemon, and errors keep code and field', async () => {
    const runtimeDir = mkdtempSync(join(tmpdir(), 'irm-'));
    const management = new MemoryManagement();
    management.events.push({ kind: 'ipcp', text: 'l0 operational' });
    const server = new IrmServer();
    server.setHandlers({ managementFor: () => management, onProcess: () => undefined, onIpcp: () => undefined });
    await server.listen(join(runtimeDir, 'irm.sock'), { mode: 0o600 });
    const irm = openIrm({ runtimeDir });
    try {
      await expect(irm.waitReady({ timeoutMs: 5000 })).resolves.toMatchObject({ ready: true });
      await irm.bootstrapIpcp({ name: 'l0', type: 'local', layer: 'loop', config: { hash: 'SHA3_256' } });
      await irm.regName('hello', { layers: ['l*'] });
      await expect(irm.listNames()).resolves.toMatchObject([{ name: 'hello', registered: ['l0'] }]);
      await expect(irm.createIpcp('l0', 'udp4')).rejects.toMatchObject({ code: 'EEXIST', field: 'name' });
      await expect(irm.report('routes')).resolves.toEqual({ reports: [], failures: [] });
      for await (const event of irm.watch()) {
        expect(event).toMatchObject({ sequence: 1, kind: 'ipcp', change: 'note', text: 'l0 operational' });
        break;
      }
    } finally {
      irm.close();
      server.close();
      rmSync(runtimeDir, { recursive: true });
    }
  });

  it('where no daemon runs, calls reject with EIRMD', async () => {
    const irm = openIrm({ runtimeDir: join(tmpdir(), 'no-such-node') });
    await expect(irm.status()).rejects.toMatchObject({ code: 'EIRMD' });
    irm.close();
  });

  it('refuses a directory whose sockets would have too long a path', () => {
    expect(() => openIrm({ runtimeDir: `/tmp/${'x'.repeat(120)}` })).toThrow(/OUROBOROS_RUNTIME_DIR/);
  });
});
