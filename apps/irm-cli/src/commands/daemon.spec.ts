import { OuroborosError } from '@ouroboros/model';
import { CommandLine } from '../testing/command-line.js';

describe('irm status', () => {
  it('shows the daemon, and the IPCPs with their states', async () => {
    const cli = new CommandLine();
    cli.management.waitingFor = ['layer net'];
    expect((await cli.run('status')).stdout).toBe(
      [
        'irmd   0.1.0, pid 4000, up 12 s',
        'node   /run/ouroboros',
        'state  not ready, waiting for: layer net',
        'holds  0 IPCPs, 0 names, 0 flows, 0 processes',
        '',
      ].join('\n'),
    );
    await cli.given('ipcp boot name l0 type local layer loop');
    expect((await cli.run('s')).stdout).toContain(
      '| 4001 |   l0 | local |  loop |    0 |     0 |        0 | operational |',
    );
    expect(await cli.json('status')).toMatchObject({
      status: {
        version: '0.1.0',
        ready: false,
        waitingFor: ['layer net'],
        warnings: [],
        runtimeDir: '/run/ouroboros',
        ipcps: [{ name: 'l0' }],
      },
    });
  });
});

describe('irm status of a host with warnings', () => {
  it('shows each on a line, and is as ready as before', async () => {
    const cli = new CommandLine();
    cli.management.warnings = ['server certificate of "hello" expires in 29 days', 'second'];
    expect((await cli.run('status')).stdout).toBe(
      [
        'irmd     0.1.0, pid 4000, up 12 s',
        'node     /run/ouroboros',
        'state    ready',
        'holds    0 IPCPs, 0 names, 0 flows, 0 processes',
        'warning  server certificate of "hello" expires in 29 days',
        'warning  second',
        '',
      ].join('\n'),
    );
    expect(await cli.json('status')).toMatchObject({ status: { ready: true, warnings: cli.management.warnings } });
  });
});

describe('irm wait', () => {
  it('returns when the daemon is ready, and says on stderr what it waits for', async () => {
    const cli = new CommandLine();
    cli.management.failNext('status', new OuroborosError('EIRMD', 'no socket'));
    expect(await cli.run('wait --ready')).toEqual({
      status: 0,
      stdout: 'ready\n',
      stderr: 'irm: waiting for: irmd to answer\n',
    });
    expect(await cli.json('wait --ready')).toMatchObject({ status: { ready: true } });
  });

  it('is status 5 when time is out', async () => {
    const cli = new CommandLine();
    cli.management.waitingFor = ['IPCP n1'];
    const { status, stderr } = await cli.run('wait --ready --timeout 3s');
    expect(status).toBe(5);
    expect(stderr).toMatch(/irm wait: not ready after 3 s, still waiting for: IPCP n1\n$/);
  });
});

describe('irm watch', () => {
  it('prints events as lines until the daemon goes away', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp boot name l0 type local layer loop');
    const [ipcp] = await cli.management.ipcpList();
    const objects = { ipcp: null, name: null, flow: null, link: null, route: null };
    cli.management.events.push(
      { ...objects, kind: 'ipcp', change: 'present', text: 'l0 (local): operational', ipcp: ipcp! },
      { ...objects, kind: '', change: 'complete', text: 'that is all; changes follow' },
      { kind: 'flow', text: '1 \u001b allocated' },
    );
    expect(await cli.run('watch')).toEqual({
      status: 3,
      stdout: 'ipcp present: l0 (local): operational\nthat is all; changes follow\nflow note: 1 \\x1b allocated\n',
      stderr: 'irm: irmd went away\n',
    });
    const { stdout } = await cli.run('watch --json');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { event: { kind: 'ipcp', change: 'present', sequence: 1, ipcp: { name: 'l0', layer: 'loop' } } },
      { event: { kind: null, change: 'complete', sequence: 2 } },
      { event: { kind: 'flow', change: 'note', sequence: 3, text: '1 \u001b allocated' } },
    ]);
  });

  it('asks for the kinds that are wanted, and knows no others', async () => {
    const cli = new CommandLine();
    await cli.run('watch link,route');
    expect(cli.management.callsOf('watch')).toEqual([[['link', 'route']]]);
    const wrong = await cli.run('watch links');
    expect(wrong).toMatchObject({ status: 2 });
    expect(wrong.stderr).toContain('unknown kind "links": expected ipcp, name, flow, link, route, process');
  });

  it('is status 0 when the user ends it', async () => {
    const cli = new CommandLine();
    cli.management.events.push({ kind: 'ipcp', text: 'unseen' });
    cli.interrupt.abort();
    expect(await cli.run('watch')).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
