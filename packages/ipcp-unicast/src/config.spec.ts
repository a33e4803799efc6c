import { HASH_LENGTH } from '@ouroboros/model';
import {
  OWN_POLICIES,
  extensionOf,
  layerFromOptions,
  layerFromWire,
  unicastConfig,
  type LayerConfig,
} from './config.js';

const bootstrapped = (config: Record<string, string>): LayerConfig =>
  layerFromOptions('net', unicastConfig.parse(config));
const enrolled = (change: (wire: LayerConfig['wire']) => LayerConfig['wire']): LayerConfig | string =>
  layerFromWire(change(bootstrapped({}).wire));

describe('the configuration of a unicast layer', () => {
  it.each([
    ['link-state', 0],
    ['lfa', 1],
    ['ecmp', 2],
  ] as const)('carries routing %s to new members as number %i', (routing, number) => {
    const layer = bootstrapped({ routing });
    expect(layer.wire.unicast!.dt.routing.linkState!.policy).toBe(number);
    expect(layerFromWire(layer.wire)).toEqual(layer);
    expect(layer.routing.name).toBe(routing);
  });

  it.each(['SHA3_224', 'SHA3_256', 'SHA3_384', 'SHA3_512'] as const)('carries hash %s to new members', (hash) => {
    const layer = bootstrapped({ hash });
    expect(layerFromWire(layer.wire)).toMatchObject({ hash });
    expect([28, 32, 48, 64]).toContain(HASH_LENGTH[layer.hash]);
  });

  it.each(['nearest', 'round-robin'])('tells new members of ours to spread allocations %s', (spread) => {
    const layer = bootstrapped({ spread });
    expect(layer.spread.name).toBe(spread);
    expect(layerFromWire(layer.wire, OWN_POLICIES, extensionOf(layer))).toEqual(layer);
    expect(layerFromWire(layer.wire, OWN_POLICIES, Uint8Array.of(0xff))).toMatchObject({ spread: { name: 'nearest' } });
  });

  it.each([
    ['routing', 'ospf', 'link-state, lfa, ecmp'],
    ['capacity', 'much', 'a whole number from 0 to 1000000000000000 bit/s'],
    ['spread', 'random', 'nearest, round-robin'],
    ['congestion', 'cubic', 'mb-ecn, none'],
    ['hash', 'MD5', 'SHA3_224, SHA3_256, SHA3_384, SHA3_512'],
    ['hash', 'SHA2_256', 'SHA3_224, SHA3_256, SHA3_384, SHA3_512'],
    ['directory', 'DNS', 'DHT'],
    ['addr-auth', 'ipv4', 'flat'],
  ])('refuses %s %s and says what is legal', (field, word, legal) => {
    const [fault, ...others] = unicastConfig.check({ [field]: word });
    expect([fault?.field, others]).toEqual([field, []]);
    expect(fault?.message).toContain(legal);
  });

  it('is refused when a member hands over a policy that is unknown here', () => {
    const routed = enrolled((wire) => {
      const { dt } = wire.unicast!;
      const routing = { ...dt.routing, linkState: { ...dt.routing.linkState!, policy: 3 } };
      return { ...wire, unicast: { ...wire.unicast!, dt: { ...dt, routing } } };
    });
    expect(routed).toBe('unknown link-state policy 3, known: 0 (link-state), 1 (lfa), 2 (ecmp)');
    expect(enrolled((wire) => ({ ...wire, unicast: { ...wire.unicast!, congAvoid: 2 } }))).toBe(
      'unknown congestion avoidance policy 2, known: 1 (mb-ecn), 0 (none)',
    );
    for (const dirHashAlgo of [4, 5, 99]) {
      expect(enrolled((wire) => ({ ...wire, layer: { ...wire.layer, dirHashAlgo } }))).toBe(
        `unknown hash algorithm ${dirHashAlgo}, known: 0 to 3 (SHA3)`,
      );
    }
  });
});
