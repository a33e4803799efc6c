import { blocksOf, DOCUMENTS, IN_A_COPY, needsEngine, remarkOf, TROUBLESHOOTING, TUTORIALS } from './document.js';
import { isRun, NOT_RUN, testCommands } from './run-commands.js';

const documents = DOCUMENTS.filter((file) => ![...IN_A_COPY, ...TUTORIALS, TROUBLESHOOTING].includes(file));
const commands = documents.flatMap(blocksOf).filter((block) => block.language === 'sh' && !needsEngine(block));
const run = commands.filter(isRun);
const sections = [...new Set(run.map(({ file, section }) => `${file}: ${section}`))];

for (const title of sections) {
  testCommands(
    title,
    run.filter(({ file, section }) => `${file}: ${section}` === title),
  );
}

describe('commands that no test of this file runs', () => {
  it('are these, each with its reason in the document', () => {
    const left = commands.filter((block) => !run.includes(block));
    expect(left.map((block) => `${block.file}: ${block.text.split('\n', 1)[0]}`)).toEqual([
      'README.md: irm bind program oip name tunnel auto -- -i 10.9.0.1/24 -i fd09::1/64',
      'README.md: npm test',
      'README.md: npm run bench -- --quick',
      'docs/deploying.md: mkdir -p /opt/ouroboros /etc/ouroboros',
      'docs/deploying.md: usermod -a -G ouroboros alice',
      'docs/deploying.md: runuser -u ouroboros -- env OUROBOROS_CONF_DIR=/var/lib/ouroboros/conf /opt/ouroboros/bin/irm pki init net',
      'docs/deploying.md: mkdir /opt/ouroboros.new',
      'docs/deploying.md: mkdir -p /etc/systemd/system/ouroboros.service.d',
      'docs/deploying.md: kubectl apply -f docker/kubernetes/ouroboros.yaml',
      'docs/joining.md: irm join $token --name net.b --dev eth0',
      'docs/pki.md: cd ${OUROBOROS_CONF_DIR:-/etc/ouroboros}/security',
    ]);
    for (const block of left) expect(remarkOf(block, NOT_RUN)).toMatch(/\w+ \w+/);
  });
});
