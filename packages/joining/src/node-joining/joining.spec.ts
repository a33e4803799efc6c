import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@ouroboros/model';
import { decodeJoinAnswer, decodeJoinRequest, encodeJoinAnswer, encodeJoinRequest } from '@ouroboros/wire';
import { Host, SetClock, type Tamper } from './two-hosts.fixture.js';

const MINUTE_MS = 60_000;
const DRY = { dryRun: true, tell: () => undefined };
const REALLY = { dryRun: false, tell: () => undefined };

let clock: SetClock;
let n1: Host, n2: Host;
beforeEach(async () => {
  clock = new SetClock();
  [n1, n2] = [await Host.open(clock), await Host.open(clock)];
  n2.peer = n1;
  n1.management.reports.set('status', () => ({ address: '192.0.2.1', port: 3435 }));
  await n1.irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'udp' });
  await n1.irm.bootstrapIpcp({ name: 'net.n1', type: 'unicast', layer: 'net', autobind: true });
  n2.management.reachable.set('net.n1', 'net');
});
afterEach(() => {
  n1.close();
  n2.close();
});

async function invite(options: { readonly ttlMs?: number; readonly authority?: string } = {}): Promise<string> {
  const made = await n1.joining.invite(n1.irm, { layer: 'net', ttlMs: 15 * MINUTE_MS, ...options }, REALLY);
  return made.token!;
}
const redeem = (token: string, member = 'net.n2', host = n2) => host.joining.redeem(token, member);
const refused = (message: RegExp, code = 'EREFUSED') => ({ code, message: expect.stringMatching(message) });
const papersOf = async (host: Host): Promise<readonly string[]> =>
  (await host.pki.status()).certificates.map(({ kind, commonName, state }) => `${kind} ${commonName} ${state}`);
const filesBelow = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('a layer with an authority', () => {
  beforeEach(() => n1.pki.init({ name: 'net' }));

  it('is joined in one command, each step of which is a command', async () => {
    const said: string[] = [];
    const token = await invite();
    const joined = await n2.joining.join(
      n2.irm,
      { token },
      { dryRun: false, tell: ({ command }) => said.push(command) },
    );
    expect(joined).toMatchObject({ member: 'net.n2', layer: 'net', certified: true });
    expect(said).toEqual([
      'irm ipcp bootstrap type udp4 name udp layer udp ip 192.0.2.2 port 3435 hosts o7s.join.net=192.0.2.1,net.n1=192.0.2.1',
      `irm invite redeem '${token}' --name net.n2`,
      'irm ipcp enroll type unicast name net.n2 layer net dst net.n1 autobind',
      'irm ipcp connect name net.n2 dst net.n1',
    ]);
    expect(await papersOf(n2)).toEqual(['member net.n2 valid', 'trusted net valid']);
    expect((await n2.irm.listIpcps()).map(({ name, layer }) => `${name} ${layer}`).sort()).toEqual([
      'net.n2 net',
      'udp udp',
    ]);
  });

  it('is joined again without doing anything twice', async () => {
    const token = await invite();
    await n2.joining.join(n2.irm, { token }, REALLY);
    n2.peer = undefined;
    const again = await n2.joining.join(n2.irm, { token }, REALLY);
    expect(again.steps.map(({ state }) => state)).toEqual(['was there', 'was there', 'was there', 'done']);
  });

  it('is invited to again without doing anything twice, and its own member has a certificate', async () => {
    await invite();
    const again = await n1.joining.invite(n1.irm, { layer: 'net', ttlMs: MINUTE_MS }, REALLY);
    expect(again.steps.map(({ state }) => state)).toEqual(again.steps.map(() => 'was there'));
    expect(await papersOf(n1)).toEqual(['authority net valid', 'member net.n1 valid']);
  });

  it('does nothing when it is only asked what would be done', async () => {
    const before = n1.management.calls.length;
    const made = await n1.joining.invite(n1.irm, { layer: 'net', ttlMs: MINUTE_MS }, DRY);
    expect(made).toMatchObject({ token: null, authority: 'net' });
    expect(made.steps.map(({ state }) => state)).toContain('not done');
    const changing = n1.management.calls.slice(before).map(([call]) => call);
    expect(changing.filter((call) => !/List|Report/.test(call))).toEqual([]);
    const token = await invite();
    n2.peer = undefined;
    expect((await n2.joining.join(n2.irm, { token }, DRY)).steps).toHaveLength(4);
    expect(filesBelow(n2.dir)).toEqual([]);
  });

  it('gives no secret of the token, and no key of the authority, into a file or over the flow', async () => {
    const token = await invite();
    const secret = token.slice(token.lastIndexOf('#') + 1).slice(0, 32);
    const seen: Uint8Array[] = [];
    n2.tamper = (message) => (seen.push(message), message);
    await redeem(token);
    const key = readFileSync(join(n1.dir, 'security/authority/net/key.pem'), 'latin1').split('\n')[1]!;
    for (const file of [...filesBelow(n1.dir), ...filesBelow(n2.dir)])
      expect(readFileSync(file, 'latin1')).not.toContain(secret);
    for (const file of filesBelow(n2.dir)) expect(readFileSync(file, 'latin1')).not.toContain(key);
    const wire = Buffer.concat(seen);
    expect([wire.includes(Buffer.from(secret, 'hex')), wire.includes(Buffer.from(key, 'base64'))]).toEqual([
      false,
      false,
    ]);
    expect(token).not.toContain(key);
  });
});

describe('a member that has a certificate', () => {
  beforeEach(() => n1.pki.init({ name: 'net' }));
  const keyOf = (host: Host): string => readFileSync(join(host.dir, 'security/member/net.n2/key.pem'), 'latin1');
  const daysLeft = async (host: Host) =>
    (await host.pki.status()).certificates.find(({ kind }) => kind === 'member')!.daysLeft;

  it('gets a new one for the same key with another token, before the old one expires', async () => {
    await redeem(await invite());
    const key = keyOf(n2);
    clock.ms += 300 * 86_400_000;
    expect(await daysLeft(n2)).toBe(65);
    expect(await redeem(await invite())).toBe(true);
    expect([await daysLeft(n2), keyOf(n2)]).toEqual([365, key]);
  });

  it('gets none for a key that was revoked, but for another', async () => {
    await redeem(await invite());
    await n1.pki.revoke({ name: 'net.n2' });
    const token = await invite();
    await expect(redeem(token)).rejects.toMatchObject(refused(/the key of "net\.n2" was revoked: it must remove/));
    rmSync(join(n2.dir, 'security/member/net.n2'), { recursive: true });
    expect(await redeem(token)).toBe(true);
    expect(await papersOf(n2)).toEqual(['member net.n2 valid', 'trusted net valid']);
  });
});

describe('a token is refused', () => {
  beforeEach(() => n1.pki.init({ name: 'net' }));

  it('when it was used, with by whom and when; also after a restart', async () => {
    const token = await invite();
    await redeem(token);
    await n1.restart();
    await expect(redeem(token, 'net.n3')).rejects.toMatchObject(
      refused(/refuses: the token was used on 2026-01-15 12:00:00 UTC, by net\.n2: it is good once$/),
    );
    expect(n1.served).toContain('was used');
  });

  it('by one of two that use it at once', async () => {
    const token = await invite();
    const n3 = await Host.open(clock);
    n3.peer = n1;
    const both = await Promise.allSettled([redeem(token), redeem(token, 'net.n3', n3)]);
    n3.close();
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('when it expired, to the millisecond', async () => {
    const [late, inTime] = [await invite(), await invite()];
    clock.ms += 15 * MINUTE_MS - 1;
    expect(await redeem(inTime)).toBe(true);
    clock.ms += 1;
    await expect(redeem(late, 'net.n3')).rejects.toMatchObject(
      refused(/refuses: the token expired on 2026-01-15 12:15:00 UTC$/),
    );
  });

  it('when it was revoked, by its id or by itself', async () => {
    const byId = await n1.joining.invite(n1.irm, { layer: 'net', ttlMs: MINUTE_MS }, REALLY);
    const tokens = [byId.token!, await invite()];
    await n1.joining.revoke(byId.id!);
    await n1.joining.revoke(tokens[1]!);
    for (const token of tokens)
      await expect(redeem(token)).rejects.toMatchObject(refused(/refuses: the token was revoked on 2026-01-15/));
    await expect(n1.joining.revoke(tokens[0]!)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(n1.joining.revoke('0123456789abcdef')).rejects.toMatchObject({ code: 'ENAME' });
  });

  it('a day after it expired as unknown, and by another host', async () => {
    const token = await invite();
    clock.ms += 2 * 86_400_000;
    await invite();
    await expect(redeem(token)).rejects.toMatchObject(refused(/unknown here/));
  });

  it('when somebody altered what it says and made its check anew', async () => {
    const token = await invite();
    const { formatToken, parseToken } = await import('../token.js');
    const { NodeKdf } = await import('@ouroboros/crypto');
    const kdf = new NodeKdf();
    const { destination, secret } = parseToken(token, kdf);
    for (const change of [{ member: 'net.evil' }, { layer: 'other' }, { fingerprint: new Uint8Array(16) }]) {
      const altered = formatToken({ destination: { ...destination, ...change }, secret }, kdf);
      await expect(redeem(altered)).rejects.toMatchObject(refused(/the token is altered/, 'EAUTH'));
    }
    expect(await redeem(token)).toBe(true);
  });

  it('for a name that another key has, and is then still good for another name', async () => {
    await redeem(await invite());
    const token = await invite();
    const n3 = await Host.open(clock);
    n3.peer = n1;
    await expect(redeem(token, 'net.n2', n3)).rejects.toMatchObject(refused(/already, with another key/, 'EEXIST'));
    await expect(redeem(token, '../evil', n3)).rejects.toMatchObject({ code: 'EINVAL' });
    expect(await redeem(token, 'net.n3', n3)).toBe(true);
    n3.close();
  });
});

describe('who stands between the two', () => {
  beforeEach(() => n1.pki.init({ name: 'net' }));

  it('cannot lose the answer for good: the same host asks again', async () => {
    const token = await invite();
    n2.tamper = (message, towards) => (towards === 'joiner' && decodeJoinAnswer(message).ok ? undefined : message);
    await expect(redeem(token)).rejects.toThrow('went down');
    n2.tamper = undefined;
    expect(await redeem(token)).toBe(true);
    expect(await papersOf(n2)).toEqual(['member net.n2 valid', 'trusted net valid']);
  });

  const changes: readonly (readonly [string, Tamper])[] = [
    [
      'ask for another name',
      (message) => {
        const request = decodeJoinRequest(message);
        return request.ok ? encodeJoinRequest({ ...request.value, member: 'net.evil' }) : message;
      },
    ],
    [
      'ask for a key of its own',
      (message) => {
        const request = decodeJoinRequest(message);
        return request.ok ? encodeJoinRequest({ ...request.value, key: request.value.key.map((b) => b ^ 1) }) : message;
      },
    ],
    [
      'answer with an authority of its own',
      (message) => {
        const answer = decodeJoinAnswer(message);
        return answer.ok ? encodeJoinAnswer({ ...answer.value, authority: answer.value.certificate }) : message;
      },
    ],
    [
      'turn a refusal into a certificate or the reverse',
      (message) => {
        const answer = decodeJoinAnswer(message);
        return answer.ok
          ? encodeJoinAnswer({ ...answer.value, response: answer.value.response === 0 ? -1 : 0 })
          : message;
      },
    ],
  ];
  it.each(changes)('cannot %s', async (_, tamper) => {
    const token = await invite();
    n2.tamper = tamper;
    await expect(redeem(token)).rejects.toMatchObject({ code: expect.stringMatching(/EAUTH|EPERM/) });
    expect(await papersOf(n2)).toEqual([]);
    expect((await papersOf(n1)).filter((one) => one.includes('evil'))).toEqual([]);
  });

  it('cannot replay what it heard', async () => {
    const token = await invite();
    const heard: Uint8Array[] = [];
    n2.tamper = (message, towards) => (towards === 'inviter' && heard.push(message), message);
    await redeem(token);
    let at = 0;
    n2.tamper = (message, towards) => (towards === 'inviter' ? heard[at++] : message);
    await expect(redeem(token)).rejects.toMatchObject({ code: 'EAUTH' });
    expect(n1.served).toBe('the token is altered');
  });

  it('cannot pose as the inviting host', async () => {
    const token = await invite();
    const evil = await Host.open(clock);
    await evil.pki.init({ name: 'net' });
    n2.peer = evil;
    await expect(redeem(token)).rejects.toMatchObject(refused(/unknown here/));
    expect(await papersOf(n2)).toEqual([]);
    evil.close();
  });
});

describe('a layer without an authority', () => {
  it('is joined with a token that is good once, and brings no certificate', async () => {
    const made = await n1.joining.invite(n1.irm, { layer: 'net', ttlMs: MINUTE_MS }, REALLY);
    expect(made).toMatchObject({ authority: null, token: expect.stringContaining('#-#') });
    const joined = await n2.joining.join(n2.irm, { token: made.token! }, REALLY);
    expect(joined).toMatchObject({ member: 'net.n2', certified: false });
    expect(await papersOf(n2)).toEqual([]);
    await expect(redeem(made.token!, 'net.n3')).rejects.toMatchObject(refused(/was used/));
  });
});

describe('a host that can invite nobody', () => {
  it('says why', async () => {
    const ask = (layer: string, more = {}) => n1.joining.invite(n1.irm, { layer, ttlMs: MINUTE_MS, ...more }, DRY);
    await expect(ask('lab')).rejects.toMatchObject({ code: 'ENAME', message: expect.stringContaining('it is in net') });
    await expect(ask('net', { over: 'tcp' })).rejects.toMatchObject({ code: 'ENAME', field: '--over' });
    await expect(ask('net', { address: 'gate.example.org' })).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(ask('net', { address: '192.0.2.1:0' })).rejects.toMatchObject({ field: '--address' });
    await n1.irm.bootstrapIpcp({ name: 'udp2', type: 'udp4', layer: 'udp2' });
    await expect(ask('net')).rejects.toMatchObject({ field: '--over', message: expect.stringContaining('udp, udp2') });
    expect(await ask('net', { over: 'udp2', address: '198.51.100.1:99' })).toMatchObject({ warnings: [] });
    expect((await ask('net', { over: 'udp', address: '127.0.0.1' })).warnings).toEqual([
      expect.stringContaining('loopback'),
    ]);
    await n1.pki.init({ name: 'a' });
    await n1.pki.init({ name: 'b' });
    await expect(ask('net', { over: 'udp' })).rejects.toMatchObject({ field: '--authority' });
    expect(await ask('net', { over: 'udp', authority: 'b' })).toMatchObject({ authority: 'b' });
  });
});

describe('a host that is in the way of itself', () => {
  it('is told so before anything is done', async () => {
    const token = await invite();
    await n2.irm.bootstrapIpcp({ name: 'net.n2', type: 'unicast', layer: 'lab' });
    await expect(n2.joining.join(n2.irm, { token }, REALLY)).rejects.toMatchObject({ code: 'EEXIST', field: '--name' });
    await n2.irm.bootstrapIpcp({ name: 'mine', type: 'unicast', layer: 'net' });
    await expect(n2.joining.join(n2.irm, { token, member: 'x' }, REALLY)).rejects.toThrow('--name mine goes on');
  });

  it('uses an IPCP of the layer below that it has', async () => {
    const token = await invite();
    await n2.irm.bootstrapIpcp({ name: 'mine', type: 'udp4', layer: 'udp' });
    const { steps } = await n2.joining.join(n2.irm, { token }, REALLY);
    expect(steps[0]).toMatchObject({ state: 'was there', command: expect.stringContaining('name mine layer udp') });
  });
});

describe('over other layers than UDP', () => {
  const lower = async (type: string, status: JsonObject): Promise<void> => {
    n1.management.reports.set('status', () => status);
    await n1.irm.bootstrapIpcp({ name: 'low', type, layer: 'low' });
  };
  const tokenOver = async (more = {}): Promise<string> => {
    const options = { layer: 'net', ttlMs: MINUTE_MS, over: 'low', ...more };
    return (await n1.joining.invite(n1.irm, options, REALLY)).token!;
  };
  const firstStep = async (token: string, own = {}): Promise<string> =>
    (await n2.joining.join(n2.irm, { token, ...own }, DRY)).steps[0]!.command;
  const needless = (field: string) => ({ code: 'EINVAL', field });

  it('a token names the place of TCP, and with TLS the key that is to be expected there', async () => {
    const listen = { listen: '192.0.2.1:4000', tls: false };
    await lower('tcp', listen);
    const plain = await tokenOver();
    expect(await firstStep(plain)).toBe('irm ipcp bootstrap type tcp name low layer low connect 192.0.2.1:4000');
    await expect(firstStep(plain, { ip: '192.0.2.2' })).rejects.toMatchObject(needless('--ip'));
    const pin = 'ab'.repeat(16);
    n1.management.reports.set('status', () => ({ ...listen, tls: true, pin, callersCertified: false }));
    expect(await firstStep(await tokenOver())).toMatch(
      new RegExp(` connect 192\\.0\\.2\\.1:4000 tls true pin ${pin}$`),
    );
  });

  it.each([
    ['whose callers need certificates', { pin: 'ab'.repeat(16), callersCertified: true }, /certificate only.*cannot/],
    ['without a certificate', { pin: null, callersCertified: false }, /no certificate that can be read/],
  ])('no token leads over TLS %s', async (_, status, message) => {
    await lower('tcp', { listen: '192.0.2.1:4000', tls: true, ...status });
    await expect(tokenOver()).rejects.toMatchObject({ code: 'ENOTSUP', message: expect.stringMatching(message) });
  });

  it.each([
    ['eth-dix', ' dev eth0 ethertype 0xa001'],
    ['eth-llc', ' dev eth0'],
  ])('a token for %s leaves the interface to who joins', async (type, words) => {
    await lower(type, {
      address: '02:00:00:00:00:01',
      device: 'eth7',
      ethertype: type === 'eth-dix' ? '0xA001' : null,
    });
    const token = await tokenOver();
    expect(token).not.toContain('eth7');
    expect(await firstStep(token, { dev: 'eth0' })).toBe(`irm ipcp bootstrap type ${type} name low layer low${words}`);
    await expect(firstStep(token)).rejects.toMatchObject(needless('--dev'));
    await expect(firstStep(token, { dev: 'eth0', ip: '192.0.2.2' })).rejects.toMatchObject(needless('--ip'));
    await expect(tokenOver({ address: '192.0.2.1' })).rejects.toMatchObject(needless('--address'));
    await n2.irm.bootstrapIpcp({ name: 'mine', type, layer: 'low' });
    expect(await firstStep(token)).toBe(`irm ipcp bootstrap type ${type} name mine layer low`);
  });

  it('an interface means nothing over UDP', async () => {
    await expect(firstStep(await invite(), { dev: 'eth0' })).rejects.toMatchObject(needless('--dev'));
  });
});
