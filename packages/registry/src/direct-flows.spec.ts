import { DEFAULT_PATHS, type Direct, type SecurityPolicy } from '@ouroboros/ports';
import { World, directoryKey } from './testing/world.js';

const OPEN: SecurityPolicy = { encryption: '', authentication: '' };
const ENCRYPTED: SecurityPolicy = { encryption: 'require', authentication: '' };
const AUTHENTICATED: SecurityPolicy = { encryption: '', authentication: 'require' };

/** A host that serves a name itself, and whose one layer has the name too, if wanted. */
function hostWith(direct: Direct | '', security: SecurityPolicy, directFlows: boolean, inLayer = true) {
  const world = new World({ policy: { directFlows } });
  const directory = new Set(inLayer ? [directoryKey('hello')] : []);
  world.layer('udp', { directory });
  world.value('nameCreate', { name: 'hello', balancing: 'spill', spread: '', direct, paths: DEFAULT_PATHS, security });
  world.accept(world.server('hello'));
  return { world, alloc: world.alloc(world.process('/bin/client'), 'hello') };
}

describe('A flow between two processes of one host', () => {
  it.each<[string, Direct | '', SecurityPolicy, boolean]>([
    ['the node allows it', '', OPEN, true],
    ['the name allows it', 'allow', OPEN, false],
    ['the name allows it although it requires encryption', 'allow', ENCRYPTED, true],
    ['the name offers encryption', '', { encryption: 'offer', authentication: 'offer' }, true],
  ])('is direct where %s', (_why, direct, security, directFlows) => {
    const { world, alloc } = hostWith(direct, security, directFlows);
    expect(world.grantOf(alloc)).toMatchObject({ layer: '', crypto: null });
  });

  it.each<[string, Direct | '', SecurityPolicy, boolean, RegExp]>([
    ['the node denies it', '', OPEN, false, /no layer.*no direct flows/],
    ['the name denies it', 'deny', OPEN, true, /no layer.*denies/],
    ['the name requires encryption', '', ENCRYPTED, true, /no layer.*requires encryption/],
    ['the name requires authentication', '', AUTHENTICATED, true, /no layer.*requires authentication/],
  ])(
    'is asked of the layers where %s, and refused with that word where none has it',
    (_why, direct, security, flows, word) => {
      const asked = hostWith(direct, security, flows);
      expect(asked.world.callsOf('query')).toHaveLength(1);
      const { world, alloc } = hostWith(direct, security, flows, false);
      expect(world.errorOf(alloc)).toMatchObject({
        code: 'EPERM',
        stage: 'policy',
        message: expect.stringMatching(word),
      });
    },
  );

  it('follows the name when that is told to require encryption, or no longer', () => {
    const { world, alloc } = hostWith('', OPEN, true, false);
    expect(world.grantOf(alloc).layer).toBe('');
    world.value('nameSecure', 'hello', ENCRYPTED);
    const next = (): number => world.alloc(world.process('/bin/client'), 'hello');
    expect(world.errorOf(next())).toMatchObject({ code: 'EPERM' });
    world.value('nameSecure', 'hello', OPEN);
    world.accept(world.server('hello'));
    expect(world.grantOf(next()).layer).toBe('');
  });

  it('follows the same word after a restart of the daemon', () => {
    const { world } = hostWith('deny', OPEN, true);
    const state = world.registry.snapshot();
    const again = new World({ state });
    expect(again.value('nameList')).toMatchObject([{ name: 'hello', direct: 'deny' }]);
  });

  it('cannot be decided by another word', () => {
    const request = {
      name: 'x',
      balancing: 'spill',
      spread: '',
      direct: 'maybe' as never,
      paths: DEFAULT_PATHS,
    } as const;
    expect(new World().error('nameCreate', request)).toMatchObject({ code: 'EINVAL', field: 'direct' });
  });
});
