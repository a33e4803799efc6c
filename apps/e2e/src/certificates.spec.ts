import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OneNode } from './one-node.js';
import { confDirOf } from './programs.js';

jest.setTimeout(30_000);

let node: OneNode;
beforeEach(() => void (node = new OneNode()));
afterEach(() => node.destroy());

describe('a daemon', () => {
  it('warns of certificates that are about to expire or cannot be used, as the files are now', async () => {
    await node.up();
    expect((await node.irm.status()).warnings).toEqual([]);
    await node.irmOk('pki', 'init', 'lab');
    await node.irmOk('pki', 'issue', 'hello', '--days', '29');
    const file = join(confDirOf(node.dir), 'security', 'server', 'hello', 'crt.pem');
    expect((await node.irm.status()).warnings).toEqual([
      expect.stringMatching(`^server certificate of "hello" expires in 2[89] days \\(${file}\\)$`),
    ]);
    expect(await node.irmOk('status')).toMatch(/^warning +server certificate of "hello" expires in/m);
    await node.irmOk('pki', 'renew', 'hello');
    expect((await node.irm.status()).warnings).toEqual([]);

    chmodSync(file.replace('crt', 'key'), 0o644);
    writeFileSync(join(confDirOf(node.dir), 'security', 'crl', 'x.pem'), 'x');
    expect((await node.irm.status()).warnings).toEqual([
      expect.stringContaining('crl/x.pem has something else than revocation lists in PEM: this host believes no'),
      expect.stringContaining('chmod 600'),
    ]);
    expect(await node.irm.status()).toMatchObject({ ready: true });
  });
});
