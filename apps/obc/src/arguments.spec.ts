import { parseCommand } from './arguments.js';
import { encodeMessage, readableText } from './message.js';

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

describe('messages', () => {
  it('are those of C: text and a NUL', () => {
    const packet = encodeMessage('hello-from-1');
    expect(Buffer.from(packet).toString('hex')).toBe('68656c6c6f2d66726f6d2d3100');
    expect(readableText(packet)).toBe('hello-from-1');
  });

  it('are readable whatever a peer sends', () => {
    expect(readableText(Buffer.from('no end'))).toBe('no end');
    expect(readableText(Buffer.from('two\0parts'))).toBe('two');
    expect(readableText(Buffer.from('\x1b[2Jä\n'))).toBe('?[2Jä?');
    expect(readableText(Uint8Array.of(0xff, 0x41, 0))).toBe('\ufffdA');
    expect(readableText(new Uint8Array(0))).toBe('');
  });
});
