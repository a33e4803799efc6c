import { OPEN_POLICY, type SecurityPolicy } from '@ouroboros/ports';
import { World, directoryKey } from './testing/world.js';

const REQUIRED: SecurityPolicy = { encryption: 'require', authentication: '' };

/** A host without cryptography, which has flows over one layer only where nobody demands encryption. */
function plainHost(): { world: World; code(): string } {
  const world = new World();
  world.layer('udp', { directory: new Set([directoryKey('hello')]) });
  world.value('bindProgram', { program: '/bin/elsewhere', name: 'hello', auto: false, args: [] });
  const client = world.process('/bin/client');
  const code = (): string => {
    const outcome = world.replies.get(world.alloc(client, 'hello'));
    return outcome?.ok ? '' : (outcome?.error.code ?? 'no reply');
  };
  return { world, code };
}

describe('The policy', () => {
  it.each([
    ['a living name', 'nameSecure', 'hello'],
    ['a living IPCP', 'ipcpSecure', 'udp'],
  ] as const)('of %s counts from the next flow on, and outlives the daemon', (_what, secure, name) => {
    const { world, code } = plainHost();
    expect(code()).toBe('');
    world.value(secure, name, REQUIRED);
    expect(code()).toBe('ECRYPT');
    expect(world.value('flowList')).toHaveLength(1);
    const state = world.registry.snapshot();
    expect(JSON.stringify(state)).toContain(JSON.stringify(REQUIRED));
    expect(new World({ state }).registry.snapshot()).toMatchObject(state);
    world.value(secure, name, OPEN_POLICY);
    expect(code()).toBe('');
  });

  it('is refused with wrong words, and for what is not there', () => {
    const { world } = plainHost();
    const wrong = { encryption: 'always' as never, authentication: '' } as const;
    expect(world.error('nameSecure', 'hello', wrong)).toMatchObject({ code: 'EINVAL', field: 'encryption' });
    expect(world.error('ipcpSecure', 'udp', wrong)).toMatchObject({ code: 'EINVAL', field: 'encryption' });
    expect(world.error('nameSecure', 'nobody', REQUIRED)).toMatchObject({ code: 'ENAME' });
    expect(world.error('ipcpSecure', 'none', REQUIRED)).toMatchObject({ code: 'ENOENT' });
  });
});
