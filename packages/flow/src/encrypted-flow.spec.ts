import { loadCrypto } from '@ouroboros/crypto';
import { QOS_RAW, toHex } from '@ouroboros/model';
import { SILENT, type FlowCrypto } from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';
import { TwoHosts, codeOf, textOf, bytesOf } from '../spec/two-hosts.spec.js';
import { FlowHost } from './flow-host.js';

type Agreed = Omit<FlowCrypto, 'secret'>;
const cryptoOf = (profile: FlowCrypto['profile'], kemInBand = false): Agreed => ({
  profile,
  cipher: 'aes-256-gcm',
  kemInBand,
  kex: 'X25519+ML-KEM-768',
  peer: 'hello',
});

/** Two hosts whose flows are encrypted. */
function encrypted(crypto: Agreed): TwoHosts {
  const net = new TwoHosts();
  net.exchange.crypto = crypto;
  net.exchange.features = crypto.profile === 'c' ? 0 : OapFeature.FRAMES | OapFeature.PROTECTION;
  net.exchange.layer = 'internet';
  return net;
}

// Loading takes real time, of which virtual time knows nothing.
beforeAll(loadCrypto);

describe('an encrypted flow', () => {
  it.each([
    ['c', cryptoOf('c')],
    ['o7s', cryptoOf('o7s')],
    ['o7s, keys in-band', cryptoOf('o7s', true)],
  ])('carries packets both ways, profile %s', async (_name, crypto) => {
    const net = encrypted(crypto);
    const [client, server] = await net.flows();
    await net.resolve(client.write(bytesOf('from the client')));
    expect(textOf(await net.resolve(server.read()))).toBe('from the client');
    await net.resolve(server.write(bytesOf('from the server')));
    expect(textOf(await net.resolve(client.read()))).toBe('from the server');
  });

  it('zeroes the secrets that came with the grants, and tells how it is protected but no key', async () => {
    const net = encrypted(cryptoOf('o7s'));
    const [client, server] = await net.packetFlows();
    expect(net.exchange.secrets.map(toHex)).toEqual(['00'.repeat(32), '00'.repeat(32)]);
    const facts = { profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519+ML-KEM-768', peer: 'hello' };
    expect([client.crypto, server.crypto]).toEqual([facts, facts]);
  });

  it('of our profile is given back by both ends when frames were not agreed', async () => {
    const net = encrypted(cryptoOf('o7s'));
    net.exchange.features = OapFeature.PROTECTION;
    const accepted = codeOf(net.server.accept({ timeoutMs: 100 }));
    expect(await net.resolve(codeOf(net.client.alloc({ name: 'hello', qos: QOS_RAW, timeoutMs: 1000 })))).toBe('EIRMD');
    expect(await net.resolve(accepted)).toBe('ETIMEDOUT');
    expect(net.exchange.deallocated.map(({ side }) => side).sort()).toEqual(['client', 'server']);
    expect(net.exchange.secrets.map(toHex)).toEqual(['00'.repeat(32), '00'.repeat(32)]);
  });

  it('is given back, its secret zeroed, when there is no cryptography', async () => {
    const net = encrypted(cryptoOf('c'));
    const accepting = net.server.accept({ timeoutMs: 0 });
    const client = new FlowHost({
      service: net.exchange.service({ side: 'client', uid: 1001, path: '' }),
      channels: net.channels.client,
      clock: net.clock,
      random: net.random,
      crypto: () => Promise.reject(new Error('no library')),
      logger: SILENT,
    });
    const refused = client.alloc({ name: 'hello', qos: QOS_RAW, timeoutMs: 1000 });
    await expect(net.resolve(refused)).rejects.toThrow('no library');
    await net.resolve(accepting);
    expect(net.exchange.deallocated).toEqual([{ side: 'client', flowId: 1, lingerMs: 0 }]);
    expect(net.exchange.secrets.map(toHex)).toEqual(['00'.repeat(32), '00'.repeat(32)]);
  });
});
