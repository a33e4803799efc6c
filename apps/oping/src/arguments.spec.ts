import { QOS_RAW, QOS_VOICE, parseTime } from '@ouroboros/model';
import { usageFault } from '../../../packages/tool-kit/spec/usage-fault.spec.js';
import { parseCommand, type ClientOptions } from './arguments.js';

const client = (...args: string[]): ClientOptions => parseCommand(['-n', 'x', ...args]).options as ClientOptions;

const fault = (...args: string[]): string => usageFault(() => parseCommand(args));

describe('the arguments of oping', () => {
  it('have the defaults of the specification', () => {
    expect(client()).toEqual({
      kind: 'client',
      name: 'x',
      count: 2147483647,
      intervalMs: 1000,
      size: 64,
      qos: QOS_RAW,
      pace: 'interval',
      quiet: false,
      timeOfDay: false,
      json: false,
    });
  });

  it('are understood in short, long, joined and combined form', () => {
    expect(client('-c5', '-i', '10ms', '-QD', '--size=100', '-q', 'voice')).toMatchObject({
      count: 5,
      intervalMs: 10,
      quiet: true,
      timeOfDay: true,
      size: 100,
      qos: QOS_VOICE,
    });
    expect(parseCommand(['-lQ', '--poll']).options).toEqual({
      kind: 'server',
      attention: 'poll',
      quiet: true,
      timeOfDay: false,
    });
  });

  it.each([
    ['250', 250],
    ['0', 0],
    ['0.5ms', 0.5],
    ['3s', 3000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ])('read the time %s as %d ms', (text, ms) => expect(parseTime('interval', text)).toBe(ms));

  it('say which time unit is unknown', () => {
    expect(fault('-n', 'x', '-i', '3w')).toBe('Unknown time unit: w.');
    expect(fault('-n', 'x', '-i', 'soon')).toContain("'soon'");
  });

  it('make the count from the duration, 10 packets per ms without an interval', () => {
    expect(client('-d', '2s', '-i', '100').count).toBe(20);
    expect(client('-d', '2s', '-i', '0', '-c', '7').count).toBe(20_000);
    expect(fault('-n', 'x', '-d', '1s', '-i', '2s')).toContain('duration');
  });

  it('keep size and interval within bounds and say so', () => {
    expect(parseCommand(['-n', 'x', '-s', '1', '-i', '1m'])).toMatchObject({
      options: { size: 64, intervalMs: 10_000 },
      remarks: ['Ping interval truncated to 10s.', 'Packet size set to 64 bytes.'],
    });
    expect(parseCommand(['-n', 'x', '-s', '9000', '-q', 'gold'])).toMatchObject({
      options: { size: 1500, qos: QOS_RAW },
      remarks: ['Packet size truncated to 1500 bytes.', 'Unknown QoS cube, defaulting to raw.'],
    });
  });

  it('let the busy flood win over the flood', () => {
    expect(client('-f').pace).toBe('flood');
    expect(client('-fF').pace).toBe('flood-busy');
  });

  it.each([
    [['-c', '3'], 'name'],
    [['-n', ''], 'name'],
    [['-n', 'x', '-c', '0'], 'count'],
    [['-n', 'x', '-c', '1e3'], 'count'],
    [['-n', 'x', '-s', '-1'], 'size'],
    [['-n', 'x', '--frobnicate'], 'frobnicate'],
    [['-n', 'x', 'y'], 'y'],
    [['-l', '--json'], 'json'],
  ])('refuse %j with one message that names %s', (args, word) => {
    expect(fault(...args)).toContain(word);
  });

  it('ask for help and version before anything else', () => {
    expect(parseCommand(['--help', '-c', 'x']).options.kind).toBe('help');
    expect(parseCommand(['--version']).options.kind).toBe('version');
  });
});
