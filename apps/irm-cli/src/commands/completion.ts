import type { JsonObject } from '@ouroboros/model';
import { askNode } from '../completion/ask-node.js';
import { completeIrm } from '../completion/complete-irm.js';
import { completeProgram } from '../completion/complete-program.js';
import { NOTHING, type Completion } from '../completion/node-knowledge.js';
import { completionScript, SHELLS } from '../completion/scripts.js';
import { PROGRAMS } from '../gen/programs.js';
import { freeCommand, type Access, type Command, type Group } from '../grammar/command.js';
import { readChoice } from '../grammar/values.js';

/** What the scripts ask for. */
const WORDS = 'words';

const completionJson = ({ candidates, paths }: Completion): JsonObject => ({
  candidates: candidates.map(({ word, help }) => ({ word, help })),
  paths: paths ?? null,
});

const completionText = ({ candidates, paths }: Completion): string =>
  [paths ?? '', ...candidates.map(({ word, help }) => `${word}\t${help}`)].map((line) => `${line}\n`).join('');

/** `root`: of the table in which this command stands itself. */
export const completion = (root: () => Group): Command =>
  freeCommand({
    word: 'completion',
    summary: 'print what makes a shell complete command lines',
    details: [
      'bash: source <(irm completion bash). zsh: source <(irm completion zsh). fish: irm completion fish | source. ' +
        'Put it where the shell starts.',
      'Names, layers and IPCPs are those of the node, when its daemon answers within 300 ms. With words, the command ' +
        'line behind -- is completed: what the scripts ask for.',
    ],
    operands: [{ name: 'shell', help: `${SHELLS.join(', ')}, or ${WORDS}`, completes: SHELLS }],
    trailing: 'with words: a command line, its last word being the one to complete',
    read: (words) => ({
      what: readChoice('shell', words.operand(0), [...SHELLS, WORDS]),
      line: words.trailing,
    }),
    run: async ({ what, line: [program = '', ...words] }, { irm }) => {
      if (what !== WORDS) {
        const script = completionScript(what, ['irm', ...PROGRAMS.flatMap(({ names }) => names)]);
        return { text: script, json: { shell: what, script } };
      }
      const found = await complete(root(), program, words, irm);
      return { text: completionText(found), json: completionJson(found) };
    },
  });

/** `program`: as typed, with or without its path. */
async function complete(
  root: Group,
  program: string,
  words: readonly string[],
  irm: Access['irm'],
): Promise<Completion> {
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (name === root.word) return completeIrm(root, words, (node) => askNode(() => irm(node)));
  const table = PROGRAMS.find(({ names }) => names.includes(name));
  return table ? completeProgram(table, words, askNode(irm)) : NOTHING;
}
