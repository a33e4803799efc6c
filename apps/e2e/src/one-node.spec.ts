import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OneNode, until } from './one-node.js';
import { BIN, Program, type Ran } from './programs.js';

jest.setTimeout(30_000);

let node: OneNode;
beforeEach(() => void (node = new OneNode()));
afterEach(() => node.destroy());

describe('one node, from nothing', () => {
  it('serves a name with an auto-started program through the commands of irm, and leaves nothing behind', async () => {
    const sharedMemory = readdirSync('/dev/shm');
    await node.up();
    await node.irmOk('ipcp', 'bootstrap', 'name', 'l0', 'type', 'local', 'layer', 'loop');
    await node.irmOk('name', 'create', 'hello');
    await node.irmOk('bind', 'program', 'oping', 'name', 'hello', 'auto', '--', '-l');
    await node.irmOk('name', 'register', 'hello', 'layer', 'loop');

    const ping = await node.run('oping', '-n', 'hello', '-c', '3', '-i', '20ms');
    expect(ping).toMatchObject({ status: 0, stderr: '' });
    expect(ping.stdout).toMatch(/^64 bytes from hello: seq=2 time=/m);
    expect(ping.stdout).toContain('3 packets transmitted, 3 received, 0 out-of-order, 0% packet loss');
    expect(await node.irmOk('ipcp', 'list')).toMatch(/l0 \| +local \| +loop \|/);

    expect(node.processes()).toHaveLength(3);
    expect(await node.down()).toMatchObject({ status: 0 });
    expect(node.processes()).toEqual([]);
    expect(node.files()).toEqual([]);
    expect(readdirSync('/dev/shm')).toEqual(sharedMemory);
  });

  it('makes the same from a configuration file, and carries the flow through the layer when direct flows are off', async () => {
    await node.up(`
      [irmd]
      direct_flows = false
      [local.l0]
      bootstrap = "loop"
      reg = ["hello"]
      [name.hello]
      prog = ["${join(BIN, 'oping')}"]
      args = ["-l -Q"]
    `);
    const client = node.start('oping', '-n', 'hello', '-i', '20ms');
    await client.says(/seq=3/);
    expect(await node.irm.listFlows()).toMatchObject([
      { name: 'hello', layer: 'loop', ipcp: 'l0', pids: [client.pid] },
      { layer: 'loop' },
    ]);
    const { status, stdout } = await client.kill('SIGINT');
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining(' 0% packet loss') });
  });

  it('refuses a second irmd in the same runtime directory', async () => {
    await node.up();
    expect(await node.run('irmd')).toMatchObject({
      status: 8,
      stderr: expect.stringContaining(`already running: pid ${node.irmd.pid}`),
    });
    expect(await node.run('irm', 'ipcp', 'list')).toMatchObject({ status: 0 });
  });

  it('tells at once that no irmd runs', async () => {
    expect(await node.run('irm', 'ipcp', 'list')).toMatchObject({ status: 3 });
    expect(await node.run('oping', '-n', 'hello')).toMatchObject({ status: 3 });
  });
});

describe('a bound program', () => {
  it('serves the name in all its instances that start afterwards, whoever starts them', async () => {
    await node.up();
    await node.irmOk('bind', 'program', 'oping', 'name', 'hello');
    const ping = await node.run('oping', '-n', 'hello', '-c', '1');
    expect(ping).toMatchObject({ status: 6, stderr: expect.stringContaining('no other process serves hello') });
    const server = node.start('oping', '-l', '-Q');
    await server.says(/server started/);
    expect(await node.run('oping', '-n', 'hello', '-c', '1')).toMatchObject({ status: 0 });
    await node.irmOk('unbind', 'program', 'oping', 'name', 'hello');
    expect(await node.irm.listNames()).toMatchObject([{ name: 'hello', programs: [] }]);
  });
});

describe('the configuration file', () => {
  it('is checked with all faults at once, those of IPCPs too, and nothing is changed', async () => {
    const file = node.writeConfig(
      '[irmd]\nlog_levl = "x"\n[local.l0]\nbootstrap = "loop"\nhash = "MD4"\nreg = 1\n[nosuch.e]\n[name.n]\nprog = ["/missing"]',
    );
    const { status, stderr } = await node.run('irmd', '--config', file, '--check-config');
    expect(status).toBe(2);
    expect(stderr.split('\n').map((line) => line.split(': ')[1])).toEqual([
      'irmd.log_levl',
      'local.l0.reg',
      'nosuch.e',
      'name.n.prog.0',
      'local.l0.hash',
      undefined,
    ]);
    expect(node.files()).toEqual([]);
    expect(await node.run('irmd', '--config', file)).toMatchObject({ status: 2, stderr });
    expect(node.files()).toEqual([]);
    writeFileSync(file, '[local.l0]\nbootstrap = "loop"\nhash = "SHA3_512"');
    expect(await node.run('irmd', '--config', file, '--check-config')).toMatchObject({ status: 0 });
  });

  it('is read again on SIGHUP: new tables are made, changed parameters refused, a faulty file changes nothing', async () => {
    await node.up('[local.l0]\nbootstrap = "loop"\n[name.old]');
    node.writeConfig(
      '[local.l0]\nbootstrap = "loop"\nhash = "SHA3_512"\nreg = ["hello"]\n[local.l1]\nbootstrap = "more"\n',
    );
    process.kill(node.irmd.pid, 'SIGHUP');
    await node.irmd.says(/configuration read again/);
    expect(node.irmd.stderr).toMatch(/configuration refused: local\.l0\.hash: cannot change while the IPCP lives/);
    expect((await node.irm.listIpcps()).map(({ name, layer }) => `${name} in ${layer}`)).toEqual([
      'l0 in loop',
      'l1 in more',
    ]);
    expect(await node.irm.listNames()).toMatchObject([{ name: 'hello', registered: ['l0'] }]);
    const before = await node.irm.status();
    node.writeConfig('[local.l0]\nbotstrap = "loop"\n');
    process.kill(node.irmd.pid, 'SIGHUP');
    await node.irmd.says(/the configuration has faults, nothing was changed/);
    expect(await node.irm.status()).toMatchObject({ ready: true, names: before.names, ipcps: before.ipcps });
  });

  it('says on SIGHUP what flows must have from now on, of living names and IPCPs', async () => {
    const file = (ofLayer: string, ofName: string): string =>
      `[irmd]\ndirect_flows = false\n[local.l0]\nbootstrap = "loop"\nreg = ["hello"]\n${ofLayer}[name.hello]\n${ofName}`;
    const ping = (): Promise<Ran> => node.run('oping', '-n', 'hello', '-c', '1');
    const refused = { status: 6, stderr: expect.stringMatching(/no certificate/) };
    await node.up(file('', ''));
    await node.serve('hello');
    expect(await ping()).toMatchObject({ status: 0 });
    for (const [ofLayer, ofName, expected] of [
      ['', 'authentication = "require"\n', refused],
      ['authentication = "require"\n', 'authentication = "offer"\n', { status: 0 }],
      ['authentication = "require"\n', '', refused],
    ] as const) {
      node.irmd.stderr = '';
      node.writeConfig(file(ofLayer, ofName));
      process.kill(node.irmd.pid, 'SIGHUP');
      await node.irmd.says(/configuration read again/);
      expect(await ping()).toMatchObject(expected);
    }
  });

  it('may be absent: SIGHUP then stops nothing', async () => {
    await node.up();
    process.kill(node.irmd.pid, 'SIGHUP');
    await node.irmd.says(/nothing to read again/);
    expect(await node.irm.status()).toMatchObject({ ready: true });
  });
});

describe('the end of a node', () => {
  it('leaves applications alone that are merely attached, and they serve the next irmd', async () => {
    await node.up();
    const server = await node.serve('hello');
    await until('the server listens', () => node.files().includes(`ch.${server.pid}`));
    expect(await node.down()).toMatchObject({ status: 0 });
    expect(server.running).toBe(true);
    expect(node.files()).toEqual([`ch.${server.pid}`]);
    await node.up();
    await until('the server attaches again', async () => (await node.irm.status()).processes === 1);
    await node.irm.bindProcess(server.pid, 'hello');
    expect(await node.run('oping', '-n', 'hello', '-c', '1')).toMatchObject({ status: 0 });
    await server.kill('SIGTERM');
    expect(await node.down()).toMatchObject({ status: 0 });
    expect(node.files()).toEqual([]);
  });

  it('comes at once with a second signal, even when a program does not want to end', async () => {
    const stubborn = join(node.dir, 'stubborn.sh');
    writeFileSync(stubborn, '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1; done\n', { mode: 0o755 });
    await node.up();
    await node.irmOk('bind', 'program', stubborn, 'name', 'never', 'auto');
    const client = node.start('oping', '-n', 'never');
    await node.irmd.says(/starting .*stubborn/);
    const startedAt = performance.now();
    process.kill(node.irmd.pid, 'SIGINT');
    await node.irmd.says(/SIGINT: stopping/);
    process.kill(node.irmd.pid, 'SIGINT');
    expect(await node.irmd.ended).toMatchObject({ status: 0 });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect((await client.ended).status).not.toBe(0);
    rmSync(stubborn);
    expect(node.files()).toEqual([]);
  });
});

describe('programs', () => {
  it('say their version and explain themselves', async () => {
    for (const name of ['irmd', 'irm', 'oping', 'ipcpd-local']) {
      const version = await new Program(name, ['--version'], node.dir).ended;
      expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/\d+\.\d+\.\d+\n$/) });
      expect(await new Program(name, ['--help'], node.dir).ended).toMatchObject({ status: 0, stderr: '' });
      expect(await new Program(name, ['--no-such-option'], node.dir).ended).toMatchObject({ status: 2, stdout: '' });
    }
  });
});
