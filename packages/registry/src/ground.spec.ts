import { World } from './testing/world.js';

/** IPCP `upper` asks for a flow to `far`, which the layer of `lower` has, and so stands on it. */
function stack(): { world: World; upperProcess: number } {
  const world = new World();
  const lower = world.layer('lower');
  const upper = world.layer('upper');
  lower.answers.query = () => ({ ok: true, value: true });
  const upperProcess = world.process('/bin/ipcpd', { pid: upper.pid });
  world.grantOf(world.alloc(upperProcess, 'far'));
  return { world, upperProcess };
}

const waitingFor = (world: World): readonly string[] =>
  (world.value('status') as { readonly waitingFor: readonly string[] }).waitingFor;
const GONE = 'layer lower-layer below is gone on this host';

describe('A layer that stands on another', () => {
  it('is said to have lost its ground when that is destroyed', () => {
    const { world } = stack();
    expect(waitingFor(world)).toEqual([]);
    world.value('ipcpDestroy', 'lower');
    expect(waitingFor(world)).toEqual([`IPCP upper: ${GONE}`]);
  });

  it('tells those who ask it for flows what is gone below', () => {
    const { world } = stack();
    world.value('ipcpDestroy', 'lower');
    const upper = world.ipcps.get('upper')!;
    upper.answers.query = () => ({ ok: true, value: true });
    upper.answers.flowAlloc = () => ({ ok: false, error: { code: 'ENOSERVER', message: 'cut off', stage: 'route' } });
    const { message } = world.errorOf(world.alloc(world.process('/bin/app'), 'top'));
    expect(message).toBe(`cut off; ${GONE}`);
  });

  it('is well again when the layer is back, or when it stands on another', () => {
    const { world, upperProcess } = stack();
    world.value('ipcpDestroy', 'lower');
    world.layer('lower');
    expect(waitingFor(world)).toEqual([]);
    world.value('ipcpDestroy', 'lower');
    const other = world.layer('other');
    other.answers.query = () => ({ ok: true, value: true });
    world.grantOf(world.alloc(upperProcess, 'far'));
    expect(waitingFor(world)).toEqual([]);
  });
});
