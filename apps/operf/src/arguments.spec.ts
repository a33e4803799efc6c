import { QOS_DATA, QOS_RAW } from '@ouroboros/model';
import { usageFault } from '../../../packages/tool-kit/spec/usage-fault.spec.js';
import { parseCommand, type ClientOptions } from './arguments.js';

const client = (...args: string[]): ClientOptions => parseCommand(['-n', 'x', ...args]) as ClientOptions;

const fault = (...args: string[]): string => usageFault(() => parseCommand(args));

describe('the arguments of operf', () => {
  it('have the defaults of the specification', () => {
    const values = { test: 'uni', durationMs: 60_000, rate: 1_000_000, size: 1500, qos: QOS_RAW };
    expect(client()).toEqual({ kind: 'client', name: 'x', ...values, sleep: false, json: false });
    expect(parseCommand(['-l'])).toEqual({ kind: 'server', quiet: false });
  });

  it('are all understood', () => {
    const values = { test: 'bi', durationMs: 3000, rate: 2e6, size: 64, qos: QOS_DATA, sleep: true, json: true };
    expect(client('-t', 'bi', '-d', '3s', '-r', '2M', '-s', '64', '-q', 'data', '--sleep', '--json')).toMatchObject(
      values,
    );
    expect(client('-f').rate).toBe(Infinity);
    expect(parseCommand(['-lQ'])).toEqual({ kind: 'server', quiet: true });
    expect([parseCommand(['--help']), parseCommand(['--version'])]).toEqual([{ kind: 'help' }, { kind: 'version' }]);
  });

  it.each([
    ['500', 500_000],
    ['500k', 500_000],
    ['1.5M', 1_500_000],
    ['2G', 2_000_000_000],
  ])('read the rate %s as %d bits per second', (text, rate) => expect(client('-r', text).rate).toBe(rate));

  it.each([
    [[], 'No server specified. Give its name (-n NAME), or -l to listen.'],
    [['-n', 'x', '-t', 'tri'], 'Invalid test type. The types are uni and bi.'],
    [['-n', 'x', '-r', '5x'], "rate: '5x' is no rate (a number above 0 with k, M or G, at most 1000G)"],
    [['-n', 'x', '-r', '0'], "rate: '0' is no rate (a number above 0 with k, M or G, at most 1000G)"],
    [['-n', 'x', '-s', '63'], "size: '63' is no whole number from 64 to 1048576"],
    [['-n', 'x', '-q', 'best effort'], "qos: 'best effort' is none of raw, best, video, voice, data"],
    [['-l', '--json'], '--json prints statistics of a client, a server (--listen) has none'],
  ])('%j: %s', (args, message) => expect(fault(...args)).toBe(message));
});
