import { Namespaces, noNamespaces } from '../../e2e/src/namespaces.js';
import { blocksOf, TUTORIALS } from './document.js';
import { isRun, testCommands } from './run-commands.js';

/** These have two machines on one Ethernet: network namespaces, each with an `eth0`. */
const ON_ETHERNET: readonly string[] = ['docs/tutorials/4-two-machines.md'];

const blocksToRun = (file: string) => blocksOf(file).filter(isRun);

for (const file of TUTORIALS.filter((tutorial) => !ON_ETHERNET.includes(tutorial)))
  testCommands(file, blocksToRun(file));

const skip = noNamespaces;
if (skip) process.stdout.write(`  skipped: ${ON_ETHERNET.join(', ')}: ${skip}\n`);

(skip ? describe.skip : describe).each(ON_ETHERNET)('with two machines, %s', (file) => {
  let hosts: Namespaces;
  beforeAll(() => {
    hosts = new Namespaces(2);
  });
  afterAll(() => hosts.remove());

  testCommands(file, blocksToRun(file), (machine) => hosts.within(machine === 'a' ? 1 : 2));
});
