import { parseCommand } from './arguments.js';

describe('the arguments of obc', () => {
  it.each([
    [['-n', 'bc'], { kind: 'writer', layer: 'bc', message: 'Ouroboros multicast rocks!' }],
    [['--name', 'bc', '--message', 'hi'], { kind: 'writer', layer: 'bc', message: 'hi' }],
    [['-l', '-n', 'bc'], { kind: 'reader', layer: 'bc' }],
    [['--help'], { kind: 'help' }],
    [['--version'], { kind: 'version' }],
  ])('%p', (args, command) => expect(parseCommand(args)).toEqual(command));

  it.each([
    [[], 'Please specify a name.'],
    [['-l'], 'Please specify a name.'],
    [['-n', 'bc', '-m', 'x'.repeat(1400)], 'message: longer than 1399 bytes'],
    [['-x'], /-x/],
  ])('%p are refused', (args, message) => expect(() => parseCommand(args)).toThrow(message));
});
