import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blocksOf, DOCUMENTS, readText, remarkOf, ROOT, type Block } from './document.js';

const blocks = DOCUMENTS.flatMap(blocksOf);
const rootDocuments = readdirSync(ROOT).filter((file) => file.endsWith('.md'));

describe('blocks that show a file', () => {
  it.each(blocks.flatMap((block) => remarkOf(block, 'file') ?? []))('show %s as it is', (path) => {
    const shown = blocks.filter((block) => remarkOf(block, 'file') === path);
    for (const { text } of shown) expect(text).toBe(readText(path));
  });

  it('one to be written, or a call that api.spec.ts makes, are all blocks of TypeScript and TOML', () => {
    const code = blocks.filter(({ language }) => ['ts', 'toml'].includes(language));
    const shown = (block: Block): boolean =>
      ['file', 'write', 'call'].some((word) => remarkOf(block, word) !== undefined);
    expect(code.filter((block) => !shown(block) && !block.remarks.includes('begin'))).toEqual([]);
    expect(code.length).toBeGreaterThan(1);
  });
});

describe('links between documents', () => {
  it.each([...new Set([...rootDocuments, ...DOCUMENTS])])('of %s lead somewhere', (file) => {
    const targets = [...readText(file).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]!);
    const missing = targets.filter((target) => !existsSync(join(ROOT, dirname(file), target)));
    expect(missing).toEqual([]);
  });
});
