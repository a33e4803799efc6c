import { stepText, type Step } from './config/step.js';
import { withLeftOvers } from './reloading.js';

const enroll: Step = { do: 'ipcp-enroll', ipcp: 'm1', dst: 'm0', config: {}, autobind: false };
const connect = (dst: string): Step => ({ do: 'ipcp-connect', ipcp: 'm1', dst });
const register = (name: string): Step => ({ do: 'name-register', ipcp: 'm1', name });
const lives = { ipcps: new Set(['m1']), names: new Set(['hello']) };

const merged = (fresh: readonly Step[], left: readonly Step[], living = lives): string[] =>
  withLeftOvers(
    fresh.length > 0 ? [{ key: 'unicast.m1', steps: fresh }] : [],
    new Map([['unicast.m1', left]]),
    living,
  ).flatMap(({ steps }) => steps.map(stepText));

describe('steps that a former configuration left undone', () => {
  it('go on before those of the new one', () => {
    expect(merged([connect('m2')], [enroll, connect('m1')])).toEqual([
      'ipcp enroll name m1 dst m0',
      'ipcp connect name m1 dst m1',
      'ipcp connect name m1 dst m2',
    ]);
  });

  it('go on when the new one changes nothing', () => {
    expect(merged([], [enroll])).toEqual(['ipcp enroll name m1 dst m0']);
  });

  it('are dropped where the new one takes them back', () => {
    const fresh: Step[] = [
      { do: 'name-unregister', ipcp: 'm1', name: 'a' },
      { do: 'ipcp-disconnect', ipcp: 'm1', dst: 'm2' },
    ];
    expect(merged(fresh, [register('a'), register('b'), connect('m2')])).toEqual([
      'name register b ipcp m1',
      'name unregister a ipcp m1',
      'ipcp disconnect name m1 dst m2',
    ]);
  });

  it('are dropped with an IPCP that was destroyed meanwhile', () => {
    expect(merged([], [enroll, connect('m2')], { ...lives, ipcps: new Set() })).toEqual([]);
  });

  it('do not disturb the order of tables without any', () => {
    const tasks = ['a', 'b', 'c'].map((key) => ({ key, steps: [register(key)] }));
    expect(withLeftOvers(tasks, new Map([['b', [enroll]]]), lives).map(({ key }) => key)).toEqual(['b', 'a', 'c']);
  });
});
