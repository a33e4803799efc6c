import { remarkOf, type Block } from './document.js';
import { Sandbox, type Within } from './sandbox.js';

export const NOT_RUN = 'not run here:';
const READY = 'runs until the end of the section, ready when it prints';
const LIMIT_MS = 120_000;

export const isRun = (block: Block): boolean => block.language === 'sh' && remarkOf(block, NOT_RUN) === undefined;

const titleOf = ({ line, text }: Block): string => `line ${line}: ${text.split('\n', 1)[0]}`;

/** A test for each of these blocks, in their order and in one sandbox. `within`: see Sandbox. */
export function testCommands(title: string, blocks: readonly Block[], within?: Within): void {
  describe(`the commands in ${title}`, () => {
    let sandbox: Sandbox;
    beforeAll(() => {
      sandbox = new Sandbox(undefined, within);
    });
    afterAll(async () => {
      expect(await sandbox.close()).toEqual([]);
    }, LIMIT_MS);

    for (const block of blocks) {
      it(`work as they stand, ${titleOf(block)}`, () => runBlock(sandbox, block), LIMIT_MS);
    }
  });
}

async function runBlock(sandbox: Sandbox, block: Block): Promise<void> {
  const machine = remarkOf(block, 'on');
  const ready = remarkOf(block, READY);
  if (ready !== undefined) return sandbox.runUntil(block.text, ready, machine);
  const ran = await sandbox.run(block.text, machine);
  expect(ran).toEqual({ status: 0, output: ran.output });
  for (const text of remarksOf(block, 'prints')) expect(ran.output).toContain(text);
}

export const remarksOf = (block: Block, beginning: string): readonly string[] =>
  block.remarks.flatMap((remark) => remarkOf({ ...block, remarks: [remark] }, beginning) ?? []);
