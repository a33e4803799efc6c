import { ROOT } from '../commands/root.js';
import type { Entry } from './command.js';
import { helpText } from './help.js';

const all = (entry: Entry, path: readonly string[] = []): (readonly [path: readonly string[], entry: Entry])[] => [
  [path, entry],
  ...(entry.kind === 'group'
    ? [...entry.entries, ...(entry.ours ?? [])].flatMap((inner) => all(inner, [...path, inner.word]))
    : []),
];

describe('help', () => {
  it.each(all(ROOT).map(([path, entry]) => [path.join(' '), path, entry] as const))(
    'of "irm %s" is ASCII and has no line over 88 columns but the usage',
    (_, path, entry) => {
      const text = helpText(path, entry);
      expect(text).toMatch(/^[\x20-\x7e\n]+$/);
      expect(text.startsWith(`Usage: ${['irm', ...path].join(' ')} `)).toBe(true);
      const [, ...lines] = text.split('\n');
      expect(lines.filter((line) => line.length > 88)).toEqual([]);
    },
  );

  it('lists every word of a group', () => {
    const text = helpText([], ROOT);
    for (const { word } of [...ROOT.entries, ...ROOT.ours!]) expect(text).toMatch(new RegExp(`^  ${word} `, 'm'));
  });

  it('shows options by type', () => {
    const bootstrap = all(ROOT).find(([path]) => path.join(' ') === 'ipcp bootstrap')!;
    const text = helpText(...bootstrap);
    expect(text).toContain('Options of type udp4:\n  ip <address>');
    expect(text).toContain('addr <bytes>         size of addresses (default 4)');
    expect(text).toContain('Options of type eth-dix:');
    expect(text).toContain('ethertype <hex>     0x0600 to 0xFFFE (default 0xA000)');
  });
});
