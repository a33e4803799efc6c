import { encodeMessage, readableText } from './text-message.js';

describe('text messages', () => {
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
