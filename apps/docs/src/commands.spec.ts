import { blocksOf, DOCUMENTS, IN_A_COPY, remarkOf, type Block } from './document.js';
import { Sandbox } from './sandbox.js';

const NOT_RUN = 'not run here:';
const READY = 'runs until the end of the section, ready when it prints';
const LIMIT_MS = 120_000;

const documents = DOCUMENTS.filter((file) => !IN_A_COPY.includes(file));
const commands = documents.flatMap(blocksOf).filter((block) => block.language === 'sh');
const run = commands.filter((block) => remarkOf(block, NOT_RUN) === undefined);
const sections = [...new Set(run.map(({ file, section }) => `${file}: ${section}`))];
const titleOf = ({ line, text }: Block): string => `line ${line}: ${text.split('\n', 1)[0]}`;

describe.each(sections)('the commands in %s', (title) => {
  let sandbox: Sandbox;
  beforeAll(() => {
    sandbox = new Sandbox();
  });
  afterAll(async () => {
    expect(await sandbox.close()).toEqual([]);
  }, LIMIT_MS);

  for (const block of run.filter(({ file, section }) => `${file}: ${section}` === title)) {
    const ready = remarkOf(block, READY);
    it(
      `work as they stand, ${titleOf(block)}`,
      async () => {
        if (ready !== undefined) return sandbox.runUntil(block.text, ready);
        const ran = await sandbox.run(block.text);
        expect(ran).toMatchObject({ status: 0 });
        expect(ran.output).toContain(remarkOf(block, 'prints') ?? '');
      },
      LIMIT_MS,
    );
  }
});

describe('commands that no test of this file runs', () => {
  it('are these, each with its reason in the document', () => {
    const left = commands.filter((block) => !run.includes(block));
    expect(left.map((block) => `${block.file}: ${block.text.split('\n', 1)[0]}`)).toEqual([
      'README.md: docker-compose -f docker/compose.demo.yml up --build -d',
      'README.md: npm test',
      'README.md: npm run bench -- --quick',
      'docs/pki.md: cd ${OUROBOROS_CONF_DIR:-/etc/ouroboros}/security',
    ]);
    for (const block of left) expect(remarkOf(block, NOT_RUN)).toMatch(/\w+ \w+/);
  });
});
