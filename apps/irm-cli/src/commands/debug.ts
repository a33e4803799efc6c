import { command, type Group } from '../grammar/command.js';

const bundle = command({
  word: 'bundle',
  summary: 'Print what is known of this host as JSON, to be attached to a report.',
  details: [
    'Names, layers, addresses and paths are hidden: each is replaced, always by the same word. Keys and what flows carry are',
    'never in it.',
  ],
  switches: [{ word: '--plain', help: 'hide nothing' }],
  read: (words) => words.has('--plain'),
  run: async (plain, { irm }) => {
    const found = await irm.debugBundle({ plain });
    return { text: `${JSON.stringify(found, null, 2)}\n`, json: found };
  },
});

export const debug: Group = { kind: 'group', word: 'debug', summary: 'help for those who help', entries: [bundle] };
