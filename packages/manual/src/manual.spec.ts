import { helpText } from './help-text.js';
import type { Manual } from './manual.js';
import { lines, rows, text, type Page } from './page.js';
import { roff } from './roff.js';
import { toolPage } from './tool-page.js';

const MANUAL: Manual = {
  name: 'otest',
  aliases: ['otry'],
  section: 1,
  summary: 'try a name',
  synopsis: ['-n NAME', '-l'],
  description: ['Times are in ms.'],
  options: [
    {
      name: { type: 'string', short: 'n', value: 'NAME', help: 'name to try' },
      old_name: { type: 'string', value: 'NAME' },
      layer: { type: 'string', multiple: true, value: 'LAYER', help: 'where' },
    },
    { listen: { type: 'boolean', short: 'l', help: 'be tried' } },
  ],
  notes: ['It ends by itself.'],
  exitStatus: [
    ['0', 'done'],
    ['1', 'a failure'],
  ],
  seeAlso: ['oping(1)'],
};

describe('help', () => {
  it('is made of the table, without synonyms', () => {
    expect(helpText(MANUAL)).toBe(`Usage: otest -n NAME
       otest -l
Try a name.

Times are in ms.

  -n, --name NAME       name to try
      --layer LAYER...  where

  -l, --listen          be tried

      --help            print this text
      --version         print the version

It ends by itself.

Exit status: 0 done; 1 a failure.
`);
  });
});

describe('verbs', () => {
  const verbs = { serve: { words: ['NAME'], options: ['layer'], help: 'be tried' } };

  it('stand before the options in help, and in a part of the page', () => {
    expect(helpText({ ...MANUAL, verbs })).toContain('\n\n  serve  be tried\n\n  -n, --name');
    const written = roff(toolPage({ ...MANUAL, verbs }), '1');
    expect(written).toContain('.SH "COMMANDS"\n.TP\n.B "serve"\nbe tried\n.SH "OPTIONS"');
  });
});

describe('the page of a program', () => {
  it('has all its parts in the usual order', () => {
    const page = toolPage(MANUAL);
    expect(page.parts.map(({ title }) => title)).toEqual([
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'EXIT STATUS',
      'ENVIRONMENT',
      'SEE ALSO',
    ]);
    const written = roff(page, '1.2.3');
    expect(written).toContain('.TH OTEST 1 "" "Ouroboros 1.2.3"\n.SH NAME\notest, otry \\- try a name\n');
    expect(written).toContain('.TP\n.B "\\-n, \\-\\-name NAME"\nname to try\n');
    expect(written).toContain('oping(1), irm(1), irmd(8)');
    expect(written).not.toContain('old_name');
  });

  it('does not refer to itself', () => {
    const written = roff(toolPage({ ...MANUAL, name: 'irmd', section: 8, aliases: [], seeAlso: [] }), '1');
    expect(written).toMatch(/\.SH "SEE ALSO"\nirm\(1\)\n$/);
  });
});

describe('roff', () => {
  const written = (...blocks: Page['parts'][number]['blocks']): string =>
    roff({ name: 'x', section: 5, summary: 's', parts: [{ title: 'PART', blocks }] }, '1').split('.SH "PART"\n')[1]!;

  it('takes nothing of a text for a request or an escape', () => {
    expect(written(text('.so /etc/passwd'))).toBe('\\&.so /etc/passwd\n');
    expect(written(text("'tis a \\ and `a' -x ~^"))).toBe('\\(aqtis a \\e and \\(gaa\\(aq \\-x \\(ti\\(ha\n');
    expect(written(rows([['say "x"', '.']]))).toBe('.TP\n.B "say \\(dqx\\(dq"\n\\&.\n');
  });

  it('begins a paragraph for every text but the first', () => {
    expect(written(text('a'), text('b'), lines(['c', '', 'd']), { kind: 'heading', text: 'h' }, text('e'))).toBe(
      'a\n.PP\nb\n.PP\n.nf\nc\n\nd\n.fi\n.SS "h"\ne\n',
    );
  });
});
