import { QOS_DATA, QOS_RAW } from '@ouroboros/model';
import { usageFault } from '../../../packages/tool-kit/spec/usage-fault.spec.js';
import { parseCommand } from './arguments.js';

const fault = (...args: string[]): string => usageFault(() => parseCommand(args));

const switches = { input: true, progress: false, json: false, verbose: false };

describe('the arguments of ocat', () => {
  it('have defaults', () => {
    const client = { kind: 'client', name: 'x', waitMs: 20_000, qos: QOS_DATA, ...switches };
    expect(parseCommand(['-n', 'x'])).toEqual(client);
    const server = { kind: 'server', name: 'x', waitMs: Infinity, layers: [], ...switches };
    expect(parseCommand(['-ln', 'x'])).toEqual(server);
  });

  it('are all understood', () => {
    const words = ['-n', 'x', '-q', 'raw', '-w', '3s', '-dv', '--progress', '--json'];
    const all = { input: false, progress: true, json: true, verbose: true };
    expect(parseCommand(words)).toEqual({ kind: 'client', name: 'x', waitMs: 3000, qos: QOS_RAW, ...all });
    expect(parseCommand(['-l', '-n', 'x', '--layer', 'a', '--layer', 'b'])).toMatchObject({ layers: ['a', 'b'] });
    expect([parseCommand(['--help']), parseCommand(['--version'])]).toEqual([{ kind: 'help' }, { kind: 'version' }]);
  });

  it.each([
    [['-l'], 'give the name to be called by (-n NAME)'],
    [[], 'give the name to call (-n NAME)'],
    [['-n', 'x', '-q', 'best effort'], "qos: 'best effort' is none of raw, best, video, voice, data"],
    [['-ln', 'x', '-q', 'raw'], '-q is for the client: who calls says the QoS'],
    [['-n', 'x', '--layer', 'a'], '--layer is for a server (-l)'],
    [['-n', 'x', '-w', 'soon'], "wait: 'soon' is no time (a number with ms, s, m, h or d)"],
  ])('%j: %s', (args, message) => expect(fault(...args)).toBe(message));

  it('are named when they are unknown', () => expect(fault('-n', 'x', '--fast')).toContain('--fast'));
});
