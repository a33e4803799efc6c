import { join } from 'node:path';
import { Daemon } from '../spec/daemon.spec.js';
import { Program, bundle } from '../spec/run-program.spec.js';

describe('the examples', () => {
  let daemon: Daemon;
  beforeEach(async () => {
    daemon = await new Daemon().start();
  });
  afterEach(() => {
    Program.endAll();
    daemon.clean();
  });

  it('greet each other; the client ends by itself, soon after its flow', async () => {
    const folder = join(daemon.dir, 'programs');
    const example = (name: string): Promise<string> =>
      bundle(`packages/flow/examples/${name}.ts`, join(folder, `${name}.mjs`), 'esm');
    const [serverFile, clientFile] = [await example('hello-server'), await example('hello-client')];
    const server = new Program(serverFile, [], daemon.dir);
    for (let i = 0; i < 3; i += 1) {
      await daemon.exchange.accepting();
      const client = new Program(clientFile, [], daemon.dir);
      const status = await client.ends();
      expect([status, client.stdout, client.stderr]).toEqual([0, 'Hello, world!\n', '']);
    }
    expect(server.stderr).not.toContain('Error');
    expect(daemon.announcements.map(({ program }) => program)).toContain(serverFile);
    expect(await server.stop()).toBe('SIGTERM');
  });
});
