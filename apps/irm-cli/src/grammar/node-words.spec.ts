import { takeNode } from './node-words.js';

const take = (line: string): unknown => takeNode(line.split(' '));

describe('the words before a command', () => {
  it('say which node it is for', () => {
    expect(take('--node h:1 --cert=c --key k --ca a --node-name n pki init --key p-384')).toEqual({
      node: { node: 'h:1', certificate: 'c', key: 'k', authority: 'a', serverName: 'n' },
      rest: ['pki', 'init', '--key', 'p-384'],
    });
    expect(take('status --json')).toEqual({ node: {}, rest: ['status', '--json'] });
  });

  it.each([
    ['--node', '--node needs a value'],
    ['--node= status', '--node needs a value'],
    ['--key a --key b status', '--key is given twice'],
    ['status --node h', '--node stands before the command'],
  ])('are wrong in %j', (line, message) => {
    expect(() => take(line)).toThrow(message);
  });
});
