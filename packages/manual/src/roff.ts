import type { Block, Page } from './page.js';

/** A page in the macros of man(7), for man, mandoc and groff. */
export function roff(page: Page, version: string): string {
  const { name, aliases = [], section, summary, parts } = page;
  return [
    `.TH ${name.toUpperCase()} ${section} "" "Ouroboros ${version}"`,
    '.SH NAME',
    `${[name, ...aliases].map(escaped).join(', ')} \\- ${escaped(summary)}`,
    ...parts.flatMap(({ title, blocks }) => [
      `.SH "${quoted(title)}"`,
      ...blocks.flatMap((block, at) => blockLines(block, afterHeading(blocks, at))),
    ]),
    '',
  ].join('\n');
}

/** A paragraph begins by itself below a heading. */
const afterHeading = (blocks: readonly Block[], at: number): boolean => at === 0 || blocks[at - 1]!.kind === 'heading';

function blockLines(block: Block, first: boolean): string[] {
  switch (block.kind) {
    case 'heading':
      return [`.SS "${quoted(block.text)}"`];
    case 'text':
      return [...(first ? [] : ['.PP']), escaped(block.text)];
    case 'lines':
      return [...(first ? [] : ['.PP']), '.nf', ...block.lines.map((line) => escaped(line)), '.fi'];
    case 'rows':
      return block.rows.flatMap(([term, meaning]) => ['.TP', `.B "${quoted(term)}"`, escaped(meaning)]);
  }
}

/** Characters that roff would take for its own: a backslash, a minus that is one, and a request at the start of a line. */
function escaped(content: string): string {
  const plain = content
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga');
  return plain.replaceAll('^', '\\(ha').replaceAll('~', '\\(ti').replace(/^\./, '\\&.');
}

/** An argument in quotation marks. */
const quoted = (content: string): string => escaped(content).replaceAll('"', '\\(dq');
