import { blocksOf, TROUBLESHOOTING } from './document.js';
import { remarksOf, testCommands } from './run-commands.js';

const blocks = blocksOf(TROUBLESHOOTING);
const sections = [...new Set(blocks.map(({ section }) => section))];

describe('every symptom', () => {
  it.each(sections)('%s is what a command of its section prints', (section) => {
    const message = /^`(.*)`$/.exec(section)?.[1];
    const printed = blocks.filter((block) => block.section === section).flatMap((block) => remarksOf(block, 'prints'));
    expect(printed).toContain(message);
  });
});

for (const section of sections) {
  testCommands(
    section,
    blocks.filter((block) => block.section === section),
  );
}
