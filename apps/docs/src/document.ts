import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..', '..');

/** A fenced block of a document. */
export interface Block {
  readonly file: string;
  /** Of the first line inside the block, counted from 1. */
  readonly line: number;
  /** The nearest heading above. */
  readonly section: string;
  /** What stands behind the opening fence. */
  readonly language: string;
  readonly text: string;
  /** The HTML comments between the block and what comes before it, without their brackets. */
  readonly remarks: readonly string[];
}

const folder = (name: string): string[] =>
  readdirSync(join(ROOT, name))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `${name}/${file}`);

/** Of these each is one story: all its commands run in one sandbox (tutorials.long.spec.ts). */
export const TUTORIALS: readonly string[] = folder('docs/tutorials');

/** Each of its sections brings a symptom about and mends it (troubleshooting.long.spec.ts). */
export const TROUBLESHOOTING = 'docs/troubleshooting.md';

/** Its commands, and those of the section with this title elsewhere, need Docker engines (containers.long.spec.ts). */
export const CONTAINERS = 'docs/containers.md';
export const needsEngine = ({ file, section }: Block): boolean => file === CONTAINERS || section === 'Containers';

/** Documents of the workspace whose commands are run, as paths from its root. */
export const DOCUMENTS = ['README.md', ...folder('docs'), ...TUTORIALS];

/** Of these, those whose commands add packages: they run in a copy of the workspace (extending.long.spec.ts). */
export const IN_A_COPY: readonly string[] = ['docs/extending.md'];

export const readText = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** All fenced blocks of a document, in order. */
export function blocksOf(file: string): Block[] {
  const lines = readText(file).split('\n');
  const blocks: Block[] = [];
  let section = '';
  let remarks: string[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i]!;
    const remark = /^<!-- (.*) -->$/.exec(line)?.[1];
    const language = /^```(\w*)$/.exec(line)?.[1];
    if (remark !== undefined) remarks.push(remark);
    else if (language !== undefined) {
      const end = lines.indexOf('```', i + 1);
      blocks.push({ file, line: i + 2, section, language, text: `${lines.slice(i + 1, end).join('\n')}\n`, remarks });
      i = end;
      remarks = [];
    } else if (line !== '') {
      remarks = [];
      section = /^#+ (.*)/.exec(line)?.[1] ?? section;
    }
  }
  return blocks;
}

/** What a remark with this beginning goes on to say, quotation marks removed. */
export function remarkOf(block: Block, beginning: string): string | undefined {
  const found = block.remarks.find((remark) => remark.startsWith(`${beginning} `));
  return found?.slice(beginning.length + 1).replace(/^"(.*)"$/, '$1');
}
