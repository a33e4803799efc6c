import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Engines, noEngines } from '../../e2e/src/engines.js';
import { until } from '../../e2e/src/one-node.js';
import { blocksOf, CONTAINERS, DOCUMENTS, needsEngine } from './document.js';
import { isRun, testCommands } from './run-commands.js';

/** A node that comes back by itself may take this long. */
const RECOVERY_LIMIT_MS = 10_000;
const MINUTE = 60_000;

const why = noEngines();
if (why) process.stdout.write(`  skipped: ${CONTAINERS}: ${why}\n`);

let engines: Engines;
const within = (machine: string): readonly string[] => engines.within(machine === 'home' ? 'home' : 'public');
const docker = (...args: string[]): string => engines.run('public', 'docker', ...args).trim();

/** The container of a service that the project runs. */
const containerOf = (service: string, machine = 'public'): string =>
  engines.run(machine, 'docker', 'ps', '-aq', '--filter', `name=o7[-_]${service}[-_]`).trim();

const blocks = DOCUMENTS.flatMap(blocksOf).filter((block) => needsEngine(block) && isRun(block));

/** The blocks of a section, with further tests before its last one, which takes the containers away. */
function testSection(section: string, meanwhile: () => void = () => undefined): void {
  const ofSection = blocks.filter((block) => block.section === section);
  const ends = ofSection.findIndex(({ text }) => text.includes(' down -v'));
  describe(section, () => {
    testCommands(section, ofSection.slice(0, ends), within);
    meanwhile();
    testCommands(`${section}, the end`, ofSection.slice(ends), within);
  });
}

/** Whether a command in a container succeeds. */
const works =
  (service: string, ...command: string[]) =>
  (): boolean =>
    engines.try('public', 'timeout', '3', 'docker', 'exec', containerOf(service), ...command).status === 0;

/** Tells how long it takes until something works again. */
async function recovery(what: string, again: () => boolean): Promise<void> {
  const took = await until(what, again, RECOVERY_LIMIT_MS);
  process.stdout.write(`    ${what}: recovered after ${Math.round(took)} ms\n`);
}

function comesBack(service: string, again: () => boolean): void {
  it(
    `comes back when ${service} is killed`,
    async () => {
      for (const verb of ['kill', 'start']) docker(verb, containerOf(service));
      await recovery(`${service} killed`, again);
    },
    MINUTE,
  );
}

function heals(service: string, network: string, address: string, again: () => boolean): void {
  it(
    `heals when ${service} was off the network ${network}`,
    async () => {
      docker('network', 'disconnect', network, containerOf(service));
      expect(again()).toBe(false);
      docker('network', 'connect', '--ip', address, network, containerOf(service));
      await recovery(`${service} back on ${network}`, again);
    },
    MINUTE,
  );
}

/** Joins the layer `news` in a container; `of` sends there and says whether that was heard here. */
function listener(service: string): { of: (sender: string, message: string) => boolean; end: () => void } {
  const file = join(mkdtempSync(join(tmpdir(), 'o7-news-')), 'heard');
  const [program, ...args] = [
    ...within('public'),
    'docker',
    'exec',
    containerOf(service),
    'obc',
    '--listen',
    '--name',
    'news',
  ];
  const child = spawn(program!, args, { stdio: ['ignore', openSync(file, 'w'), 'inherit'] });
  return {
    of: (sender, message) => {
      works(sender, 'obc', '--name', 'news', '--message', message)();
      return readFileSync(file, 'utf8').includes(`Message is ${message}.`);
    },
    end: () => {
      child.kill();
      rmSync(dirname(file), { recursive: true });
    },
  };
}

/** The status files of all processes in a container. */
const statuses = (service: string): string[] =>
  JSON.parse(
    docker(
      'exec',
      containerOf(service),
      'node',
      '-p',
      `const { readdirSync, readFileSync } = require('fs');
       JSON.stringify(readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => readFileSync('/proc/' + pid + '/status', 'utf8')))`,
    ),
  ) as string[];

function hasNoMore(service: string, user: number, capabilities: number): void {
  it(`gives ${service} the promised privileges and no more`, () => {
    const inspected = JSON.parse(docker('inspect', containerOf(service))) as [{ HostConfig: Record<string, unknown> }];
    expect(inspected[0].HostConfig).toMatchObject({ Privileged: false, ReadonlyRootfs: true, CapDrop: ['ALL'] });
    const all = statuses(service).filter((status) => !status.startsWith('Name:\tdocker-init'));
    expect(all.length).toBeGreaterThan(2);
    for (const status of all) {
      expect(status).toMatch(new RegExp(`^Uid:\\t${user}\\t${user}\\t`, 'm'));
      expect(parseInt(/^CapEff:\t([0-9a-f]+)$/m.exec(status)![1]!, 16)).toBe(capabilities);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    }
  });
}

const CAP_NET_ADMIN = 1 << 12;
const CAP_NET_RAW = 1 << 13;
const pings = (service: string): (() => boolean) => works(service, 'oping', '-n', 'hello', '-c', '1');

(why ? describe.skip : describe)('containers', () => {
  beforeAll(async () => {
    engines = new Engines();
    await engines.start();
  }, 2 * MINUTE);
  afterAll(() => engines.remove(), MINUTE);

  testCommands(
    'Containers',
    blocks.filter(({ section }) => section === 'Containers'),
    within,
  );

  it(
    'are of an image of less than 150 MB, which home gets as well',
    () => {
      expect(Number(docker('image', 'inspect', '-f', '{{.Size}}', 'ouroboros'))).toBeLessThan(150e6);
      engines.copyImage('ouroboros');
    },
    MINUTE,
  );

  testSection('A triangle', () => {
    hasNoMore('n1', 1000, 0);
    comesBack('n1', pings('n2'));
    comesBack('n3', pings('n3'));
    heals('n1', 'ouroboros-demo', '172.31.95.11', pings('n1'));
  });
  testSection('Two hosts', () => {
    it(
      'come back when home is killed',
      async () => {
        const home = containerOf('node', 'home');
        for (const verb of ['kill', 'start']) engines.run('home', 'docker', verb, home);
        await recovery('home killed', pings('node'));
      },
      MINUTE,
    );
    comesBack('node', pings('node'));
    it(
      'heal when the cable was out',
      async () => {
        engines.plug('home', 'down');
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        engines.plug('home', 'up');
        await recovery('cable back', pings('node'));
      },
      MINUTE,
    );
  });
  testSection('Routers', () => {
    hasNoMore('r2', 1000, 0);
    comesBack('r1', pings('a'));
    comesBack('r2', pings('a'));
    heals('r3', 'ouroboros-e2', '172.31.99.14', pings('a'));
    it('stop in order, and at once', () => {
      const startedAt = performance.now();
      docker('stop', containerOf('b'));
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(docker('inspect', '-f', '{{.State.ExitCode}}', containerOf('b'))).toBe('0');
    });
  });
  testSection('Broadcast', () => {
    hasNoMore('n2', 1000, 0);
    const network = 'ouroboros-news';
    it(
      'comes back when n1, between the others, is killed',
      async () => {
        const heard = listener('n3');
        for (const verb of ['kill', 'start']) docker(verb, containerOf('n1'));
        await recovery('n1 killed', () => heard.of('n2', 'once more'));
        heard.end();
      },
      MINUTE,
    );
    it(
      `heals when n3 was off the network ${network}`,
      async () => {
        const heard = listener('n3');
        docker('network', 'disconnect', network, containerOf('n3'));
        expect(heard.of('n2', 'to nobody')).toBe(false);
        docker('network', 'connect', '--ip', '172.31.100.13', network, containerOf('n3'));
        await recovery('n3 back', () => heard.of('n2', 'and again'));
        heard.end();
      },
      MINUTE,
    );
  });
  testSection('An existing service', () => {
    hasNoMore('n1', 1000, 0);
    const gets = works('client', 'wget', '-qO-', 'http://proxy:9090/');
    comesBack('n1', gets);
    comesBack('web', gets);
    heals('n1', 'ouroboros-nodes', '172.31.101.11', gets);
  });
  testSection('Ethernet, and IP over it', () => {
    hasNoMore('n2', 0, CAP_NET_RAW + CAP_NET_ADMIN);
  });
});
