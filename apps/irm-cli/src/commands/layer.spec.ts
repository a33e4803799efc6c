import { CommandLine } from '../testing/command-line.js';

const MEMBERS = [
  { address: '1', name: 'net.a' },
  { address: '2', name: '' },
  { address: '3', name: 'net.<c>' },
];

describe('irm layer', () => {
  let cli: CommandLine;
  beforeEach(async () => {
    cli = new CommandLine();
    await cli.given('ipcp bootstrap type unicast name net.a layer net');
    const graph = {
      self: '1',
      members: MEMBERS,
      links: [
        ['1', '2'],
        ['2', '3'],
      ],
    };
    cli.management.reports.set('graph', () => graph);
  });

  it('graph prints a line for each member', async () => {
    const { stdout } = await cli.run('layer graph');
    expect(stdout).toBe('net: 3 members, 2 links\n  net.a (here) - 2\n  2 - net.<c>, net.a\n  net.<c> - 2\n');
  });

  it('graph writes DOT and SVG, with what stands in names escaped', async () => {
    const { stdout: dot } = await cli.run('layer graph net --format dot');
    expect(dot).toContain('graph "net" {\n  "1" [label="net.a", style=bold];\n');
    expect(dot).toContain('  "2" -- "3";\n}');
    const { stdout: svg } = await cli.run('layer graph --format svg');
    expect(svg).toMatch(/^<svg [^>]*>\n[\s\S]*<\/svg>\n$/);
    expect(svg.match(/<circle/g)).toHaveLength(3);
    expect(svg.match(/<line/g)).toHaveLength(2);
    expect(svg).toContain('net.&#60;c&#62;');
  });

  it('graph has the same in JSON, whatever the format', async () => {
    const { layers } = (await cli.json('layer graph --format dot')) as { layers: unknown[] };
    expect(layers).toMatchObject([{ layer: 'net', self: '1', members: [{ name: 'net.a' }, { name: null }, {}] }]);
  });

  it('graph refuses what it does not know', async () => {
    expect(await cli.run('layer graph --format png')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/text, dot, svg/),
    });
    expect(await cli.run('layer graph nix')).toMatchObject({ status: 4 });
  });

  it('list is a row for each layer', async () => {
    const { stdout } = await cli.run('layer list');
    expect(stdout).toMatch(/\| +net \| +unicast \|/);
    expect(await cli.json('layer list')).toMatchObject({ layers: [{ layer: 'net', members: null }] });
  });
});

describe('irm trace', () => {
  const HOP = { next: '2', lowerLayer: 'udp', longest: 1400, waiting: 3, linkCube: 0, below: null };
  const LOCATION = {
    ...{
      ipcp: 'net.a',
      type: 'unicast',
      layer: 'net',
      rank: 10,
      answer: 'has' as const,
      tookMs: 2,
      text: '',
      key: 'ab',
    },
  };
  let cli: CommandLine;
  let reached = true;
  beforeEach(async () => {
    cli = new CommandLine();
    reached = true;
    await cli.given('ipcp bootstrap type unicast name net.a layer net');
    cli.management.locations.set('hello', [LOCATION]);
    const first = { address: '1', name: 'net.a', answered: true, roundTripMs: 0, hop: HOP };
    cli.management.reports.set('trace', () => {
      const last = reached
        ? { address: '2', name: 'net.b', answered: true, roundTripMs: 0.567, hop: null }
        : { address: '2', name: '', answered: false, roundTripMs: 800, hop: null };
      return { members: [{ address: '2', reached, steps: [first, last] }] };
    });
  });

  it('prints a row for each member on the way', async () => {
    const { stdout, status } = await cli.run('trace hello --qos voice');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^hello in layer net \(unicast\): voice to 2, 1 hop\n/);
    expect(stdout).toMatch(/\| +0 \| +net\.a \| +1 \| +- \| +udp \| +1400 B \| +3 \| +best effort \|/);
    expect(stdout).toMatch(/\| +1 \| +net\.b \| +2 \| +0\.57 ms \| +- \|/);
    expect(await cli.json('trace hello')).toMatchObject({
      layer: 'net',
      cube: 0,
      ways: [{ steps: [{ hop: HOP }, {}] }],
    });
  });

  it('ends with 5 where the last member does not answer, with 4 where no layer has the name', async () => {
    reached = false;
    const { stdout, status } = await cli.run('trace hello');
    expect([status, stdout]).toEqual([
      5,
      expect.stringMatching(/not reached after 1 hop\n[\s\S]*does not answer\) \| +2 \| +\* \|/),
    ]);
    expect((await cli.run('trace nix')).status).toBe(4);
  });

  it('goes down each hop with --down, as far as it is told', async () => {
    const member = (name: string, hop: unknown) => ({ address: name, name, answered: true, roundTripMs: 1, hop });
    const over = (lowerLayer: string, below: unknown) => ({ ...HOP, lowerLayer, below });
    const about = { type: 'unicast', authenticated: false, cut: false };
    const udp = { ...about, layer: 'udp', type: 'udp4', steps: [] };
    const mid = { ...about, layer: 'mid', steps: [member('mid.a', over('udp', udp)), member('mid.b', null)] };
    const cut = { ...mid, cut: true, steps: [member('mid.b', over('udp', null)), member('mid.c', null)] };
    const steps = [
      member('net.a', over('mid', mid)),
      member('net.b', over('mid', cut)),
      member('net.c', over('mid', null)),
      member('net.d', null),
    ];
    cli.management.reports.set('trace', () => ({ members: [{ address: 'd', reached: true, steps }] }) as never);
    const { stdout } = await cli.run('trace hello --down');
    expect(stdout.split('\n').filter((line) => /^ *hop/.test(line))).toEqual([
      '  hop 0, over mid (unicast): 1 hop',
      '    hop 0, over udp (udp4): its members are all neighbours',
      '  hop 1, over mid (unicast): 1 hop, there is more below',
      '  hop 2, over mid: not told by net.c',
    ]);
    expect(stdout).toMatch(/^ {2}\| +0 \| +mid\.a \|/m);
    expect((await cli.run('trace hello')).stdout).not.toContain('not told');
    expect(await cli.json('trace hello --down')).toMatchObject({ ways: [{ steps }] });
  });

  it('refuses a cube that there is not', async () => {
    expect(await cli.run('trace hello --qos data')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/best, video, voice/),
    });
  });
});

describe('irm status', () => {
  it('has the layers, again and again with --watch', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp bootstrap type unicast name net.a layer net');
    cli.management.certificates = 2;
    const { stdout } = await cli.run('status');
    expect(stdout).toMatch(/\| +net \| +unicast \|/);
    expect(stdout).toMatch(/certificates +2, the first expires in 364 d/);
    cli.management.failNext('status', new (await import('@ouroboros/model')).OuroborosError('EIRMD', 'gone'));
    expect((await cli.run('status --watch --interval 10ms')).status).toBe(3);
  });
});

describe('irm debug bundle', () => {
  it('is JSON without names, unless --plain', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp bootstrap type unicast name net.secret layer net');
    expect((await cli.run('debug bundle')).stdout).not.toContain('secret');
    expect(JSON.parse((await cli.run('debug bundle --plain')).stdout)).toMatchObject({
      ipcps: [{ ipcp: 'net.secret' }],
    });
  });
});
