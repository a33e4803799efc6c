import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoNode } from '@ouroboros/demo';
import type { Management } from '@ouroboros/ports';
import { blocksOf, readText, remarkOf, ROOT } from '../document.js';
import { ATTACHED_PID, EXAMPLES } from './examples.js';
import { API_DOCUMENT, EXAMPLES_FILE, SNAPSHOT } from './files.js';
import { MARK, reference, SERVICE } from './reference.js';
import { ReflectedClient } from './reflected-client.js';
import { readSchema, type Schema } from './schema.js';
import { snapshotOf } from './snapshot.js';

jest.setTimeout(60_000);

let schema: Schema;
beforeAll(() => {
  schema = readSchema(ROOT);
});

const CALLS = Object.entries(EXAMPLES) as [keyof Management, (typeof EXAMPLES)['status']][];

describe('docs/api.md', () => {
  it('is what "npm run docs:api" makes of the schemas and examples', () => {
    const text = readText(API_DOCUMENT);
    expect(text.slice(text.indexOf(MARK))).toBe(reference(schema, readText(EXAMPLES_FILE)));
  });

  it('has an example in TypeScript and one for grpcurl of every call', () => {
    const names = schema.service(SERVICE).methods.map(({ name, localName }) => [name, localName] as const);
    const blocks = blocksOf(API_DOCUMENT);
    const shown = blocks.filter(({ language }) => language === 'ts').map((block) => remarkOf(block, 'call'));
    expect(shown.filter((name) => name !== undefined)).toEqual(names.map(([, localName]) => localName));
    const commands = blocks.filter(({ language }) => language === 'shell').map(({ text }) => text.trim());
    expect(commands.map((command) => command.split('/').pop())).toEqual(names.map(([name]) => name));
    for (const block of blocks.filter((one) => remarkOf(one, 'call'))) expect(block.text).toContain('management.');
  });

  it('begins as the examples are called', () => {
    const [block] = blocksOf(API_DOCUMENT);
    expect(block?.text).toBe("import { openIrm } from '@ouroboros/irm/node';\nconst { management } = openIrm();\n");
  });
});

describe('the published schema', () => {
  it('has everything that it had, under the same numbers, names and types', () => {
    const now = new Set(snapshotOf(schema));
    const published = readText(SNAPSHOT).trim().split('\n');
    expect(published.filter((line) => !now.has(line))).toEqual([]);
    expect(published.length).toBeGreaterThan(200);
  });

  it('is written down whole: "npm run docs:api" adds what is new', () => {
    const published = new Set(readText(SNAPSHOT).trim().split('\n'));
    expect(snapshotOf(schema).filter((line) => !published.has(line))).toEqual([]);
  });
});

describe('every example', () => {
  let dir: string;
  let node: DemoNode;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'o7a-'));
    node = await DemoNode.start({ name: 'node', address: '127.0.0.1', runtimeDir: join(dir, 'n') });
  });
  afterEach(async () => {
    await node.stop();
    rmSync(dir, { recursive: true });
  });

  it('works in TypeScript', async () => {
    const { management } = node.irm;
    const results = new Map<string, unknown>();
    for (const [name, { given, call }] of CALLS) {
      await given?.(management);
      results.set(name, await call(management));
    }
    expect(results.get('ipcpList')).toEqual(['n1 is operational', 'n2 is operational']);
    expect(results.get('ipcpControl')).toEqual({ dropping: ['127.0.0.9'] });
    expect(results.get('ipcpReport')).toMatchObject([{ state: 'up' }, { state: 'up' }]);
    expect(results.get('nameLocate')).toContain('net: has');
    expect(results.get('nameList')).toEqual(['n1']);
    expect(results.get('watch')).toContainEqual(expect.stringMatching(/^ipcp present: n1 \(unicast\): operational/));
    expect(results.get('watch')).toContainEqual(expect.stringMatching(/^link present: n1 to /));
  });

  it('works with a client that learns the calls from the server', async () => {
    const { management } = node.irm;
    const client = new ReflectedClient(`unix:${join(dir, 'n', 'irm.sock')}`, SERVICE);
    expect(await client.services()).toEqual([SERVICE, 'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection']);
    const commands = blocksOf(API_DOCUMENT).filter(({ language }) => language === 'shell');
    const bodies = new Map(
      commands.map(({ text }) => {
        const [, body, name] = /^grpcurl .*-d '(.*)' \$OUROBOROS_RUNTIME_DIR\/irm.sock \S+\/(\w+)\n$/.exec(text)!;
        return [name!, body!];
      }),
    );
    const replies = new Map<string, unknown>();
    for (const [name, { given }] of CALLS) {
      await given?.(management);
      const pid = (await management.ipcpList()).find(({ type }) => type === 'unicast')?.pid ?? 0;
      const method = `${name[0]!.toUpperCase()}${name.slice(1)}`;
      replies.set(name, await client.call(method, bodies.get(method)!.replace(`${ATTACHED_PID}`, `${pid}`)));
    }
    expect(replies.get('ipcpBootstrap')).toMatchObject({ name: 'l0', layer: 'loop', state: 'operational' });
    expect(replies.get('ribRead')).toMatchObject({ value: expect.any(String) as string });
    expect(replies.get('watch')).toMatchObject({ change: 'present', sequence: 1 });
    const refused = client.call('IpcpDestroy', '{"name":"none"}');
    await expect(refused).rejects.toMatchObject({ code: 5, details: expect.stringContaining('ENOENT') as string });
    client.close();
  });

  it('finds the node healthy', async () => {
    const health = new ReflectedClient(`unix:${join(dir, 'n', 'irm.sock')}`, 'grpc.health.v1.Health');
    expect(await health.call('Check', '{}')).toEqual({ status: 'SERVING' });
    expect(await health.call('Check', '{"service":"ready"}')).toEqual({ status: 'SERVING' });
    expect(await health.call('Watch', '{"service":"ready"}')).toEqual({ status: 'SERVING' });
    await expect(health.call('Check', '{"service":"none"}')).rejects.toMatchObject({ code: 5 });
    expect(await health.call('List', '{}')).toMatchObject({ statuses: { ready: { status: 'SERVING' } } });
    health.close();
  });
});
