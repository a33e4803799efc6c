import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNode, knownNodesFile } from './known-nodes.js';

describe('a node of another host', () => {
  let env: NodeJS.ProcessEnv;
  beforeEach(() => (env = { OUROBOROS_CONF_DIR: mkdtempSync(join(tmpdir(), 'ob-nodes-')) }));
  afterEach(() => rmSync(env['OUROBOROS_CONF_DIR']!, { recursive: true }));

  const write = (text: string): void => writeFileSync(knownNodesFile(env), text);
  const files = { certificate: '/c', key: '/k', authority: '/a' };

  it.each([
    ['192.0.2.7', { host: '192.0.2.7', port: 7343 }],
    ['node.lab:99', { host: 'node.lab', port: 99 }],
    ['[2001:db8::1]:99', { host: '2001:db8::1', port: 99 }],
  ])('is %s with what is said of it', (word, endpoint) => {
    expect(findNode(word, files, env)).toEqual({
      ...{ endpoint, serverName: undefined },
      files: { own: { cert: '/c', key: '/k' }, ca: '/a' },
    });
  });

  it('is a table of the file of known nodes, whose paths start from its folder', () => {
    write('[lab]\nhost = "192.0.2.7:1"\ncertificate = "x/c"\nkey = "/k"\nauthority = "a"\nserver_name = "n1"\n');
    const folder = env['OUROBOROS_CONF_DIR']!;
    expect(findNode('lab', { key: '/other' }, { ...env, OUROBOROS_NODE_CERT: '/no' })).toEqual({
      ...{ endpoint: { host: '192.0.2.7', port: 1 }, serverName: 'n1' },
      files: { own: { cert: join(folder, 'x/c'), key: '/other' }, ca: join(folder, 'a') },
    });
  });

  it('takes from the environment what is said nowhere else', () => {
    const said = {
      OUROBOROS_NODE_CERT: '/c',
      OUROBOROS_NODE_KEY: '/k',
      OUROBOROS_NODE_CA: '/a',
      OUROBOROS_NODE_NAME: 'n',
    };
    expect(findNode('h', {}, { ...env, ...said })).toMatchObject({ serverName: 'n', files: { own: { key: '/k' } } });
  });

  it.each<[string, string, object, string, RegExp]>([
    ['', 'h', { certificate: '/c', key: '/k' }, 'authority', /no authority is known.*table \[h\] of .*nodes.toml/],
    ['', 'a b', files, 'node', /neither HOST\[:PORT\] nor a table/],
    ['lab = 1', 'lab', files, 'lab', /must be a table/],
    ['[lab]\nhost = 1', 'lab', files, 'lab.host', /lab.host must be a string/],
    ['[lab', 'lab', files, 'node', /nodes.toml: /],
  ])('says what is wrong with %j for %s', (text, word, access, field, message) => {
    mkdirSync(env['OUROBOROS_CONF_DIR']!, { recursive: true });
    if (text !== '') write(text);
    const find = (): unknown => findNode(word, access, env);
    expect(find).toThrow(expect.objectContaining({ code: 'EINVAL', field }));
    expect(find).toThrow(message);
  });
});
