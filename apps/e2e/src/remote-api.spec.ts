import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openIrm } from '@ouroboros/irm/node';
import type { WatchEvent } from '@ouroboros/ports';
import { openApiSite, SERVER_NAME, type ApiSite } from './api-site.js';
import { until } from './one-node.js';
import type { Ran } from './programs.js';

jest.setTimeout(60_000);

let api: ApiSite;

beforeAll(async () => {
  api = await openApiSite({ operate: ['alice'], read: ['bob'], none: ['mallory'] });
  const table = (word: string, caller: string): string => {
    const { certificate, key } = api.of(caller);
    const lines = {
      host: `127.0.0.1:${api.port}`,
      certificate,
      key,
      authority: api.authority,
      server_name: SERVER_NAME,
    };
    return `[${word}]\n${Object.entries(lines)
      .map(([name, value]) => `${name} = "${value}"\n`)
      .join('')}`;
  };
  const words = [table('lab', 'alice'), table('look', 'bob'), table('none', 'mallory')];
  writeFileSync(join(api.confDir, 'nodes.toml'), words.join('\n'));
});
afterAll(() => api.site.close());

/** The node's runtime directory is in the environment, and `--node` counts more. */
const irm = (...words: string[]): Promise<Ran> => api.site.run(api.node, 'irm', ...words);

describe('irm at another host', () => {
  it('shows and changes the node over TLS, with everything said in words', async () => {
    const { certificate, key } = api.of('alice');
    const node = ['--node', `127.0.0.1:${api.port}`, '--node-name', SERVER_NAME];
    const said = [...node, '--cert', certificate, '--key', key, '--ca', api.authority];
    const made = await irm(...said, 'ipcp', 'bootstrap', 'type', 'local', 'name', 'l0', 'layer', 'loop');
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(await api.node.irm.listIpcps()).toMatchObject([{ name: 'l0', layer: 'loop' }]);
  });

  it('needs one word once the node is known, and binds programs of the other host', async () => {
    const status = await irm('--node', 'lab', 'status', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ status: { ready: true, pid: api.node.pid } });
    expect(await irm('--node', 'lab', 'bind', 'program', 'cat', 'name', 'meow')).toMatchObject({ status: 0 });
    const [name] = await api.node.irm.listNames();
    expect(name).toMatchObject({ name: 'meow', programs: [{ path: expect.stringMatching(/\/cat$/) as string }] });
  });

  it('is status 6 for what the certificate does not allow, and changes nothing', async () => {
    expect(await irm('--node', 'look', 'name', 'list')).toMatchObject({ status: 0 });
    const refused = await irm('--node', 'look', 'name', 'destroy', 'meow');
    expect(refused).toMatchObject({ status: 6, stdout: '' });
    expect(refused.stderr).toContain('bob may only read here');
    const nobody = await irm('--node', 'none', 'status');
    expect(nobody).toMatchObject({ status: 6 });
    expect(nobody.stderr).toContain('mallory may not use this node');
    expect(await api.node.irm.listNames()).toHaveLength(1);
  });

  it('is status 3 where nobody answers', async () => {
    const { certificate, key } = api.of('alice');
    const ran = await irm(
      '--node',
      '127.0.0.1:1',
      '--cert',
      certificate,
      '--key',
      key,
      '--ca',
      api.authority,
      'status',
    );
    expect(ran).toMatchObject({ status: 3 });
    expect(ran.stderr).toContain('127.0.0.1:1: nobody listens');
  });

  it('logs who changed what', () => {
    const log = readFileSync(join(api.node.plan.runtimeDir, 'irmd.log'), 'utf8');
    const calls = log.split('\n').filter((line) => line.includes('a call of the API'));
    expect(calls.map((line) => JSON.parse(line) as object)).toMatchObject([
      { method: 'ipcpCreate', subject: 'alice' },
      { method: 'ipcpBootstrap', subject: 'alice' },
      { method: 'bindProgram', subject: 'alice' },
    ]);
  });
});

describe('a program at another host', () => {
  it('sees what is there and each change, until it has seen enough', async () => {
    const reader = openIrm({
      ...{ node: `127.0.0.1:${api.port}`, serverName: SERVER_NAME, authority: api.authority },
      ...api.of('bob'),
    });
    const events: WatchEvent[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const event of reader.watch(stop.signal, ['ipcp', 'name'])) events.push(event);
    })();
    const seen = (kind: string, change: string): WatchEvent | undefined =>
      events.find((event) => event.kind === kind && event.change === change);
    await until('all is there', () => seen('', 'complete') !== undefined);
    expect(seen('ipcp', 'present')?.ipcp).toMatchObject({ name: 'l0', state: 'operational' });
    await api.node.irm.createName('news');
    await until('the name is there', () => seen('name', 'added') !== undefined);
    expect(seen('name', 'added')?.name).toMatchObject({ name: 'news' });
    stop.abort();
    await watching;
    reader.close();
  });

  it('gets another role when the configuration is read again', async () => {
    const text = readFileSync(api.config, 'utf8');
    writeFileSync(api.config, text.replace('operate = ["alice"]', 'operate = ["alice","bob"]'));
    process.kill(api.node.pid!, 'SIGHUP');
    await until('bob may operate', async () => (await irm('--node', 'look', 'name', 'create', 'late')).status === 0);
  });
});
