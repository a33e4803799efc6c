import { OuroborosError, type JsonObject } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { Irm, MemoryManagement, type Trial, type TryFlow } from '@ouroboros/irm';
import { InvitationStore, Joining, type JoiningPorts } from '@ouroboros/joining/node';
import { loadCrypto } from '@ouroboros/crypto';
import { NodeRandom } from '@ouroboros/node-runtime';
import { openMembers, openPki, Places, type Pki } from '@ouroboros/pki';
import type { NodeWords } from '../grammar/node-words.js';
import { runIrm } from '../run.js';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Every look at the clock is a second later, and nobody waits. */
class HastyClock implements Clock {
  private seconds = 0;
  now(): ReturnType<Clock['now']> {
    return (this.seconds++ * 1_000_000) as ReturnType<Clock['now']>;
  }
  /** Stands still. */
  wallMs = Date.UTC(2026, 0, 15, 12);
  wallNanos(): bigint {
    return BigInt(this.wallMs) * 1_000_000n;
  }
  at(_at: unknown, callback: () => void): () => void {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  }
}

async function findProgram(program: string): Promise<string> {
  if (program === 'absent')
    throw new OuroborosError('ENOENT', `program ${program} does not exist in PATH`, { field: 'program' });
  return program.startsWith('/') ? program : `/usr/bin/${program}`;
}

/** The program on a node in memory. */
export class CommandLine {
  readonly management = new MemoryManagement();
  readonly interrupt = new AbortController();
  /** For which nodes connections were opened. */
  readonly nodes: NodeWords[] = [];
  confDir: string | undefined;
  /** What a trial flow comes to. */
  trial: Trial = { ok: true, tookMs: 4, layer: 'net', protection: '' };
  private readonly tryFlow: TryFlow = () => Promise.resolve(this.trial);
  readonly wallClock = new HastyClock();
  /** How often a connection was opened and not closed. */
  open = 0;

  /** Runs a line, split at blanks. */
  run(line: string): Promise<Ran> {
    return this.runWords(line.split(' ').filter((word) => word !== ''));
  }

  async runWords(argv: readonly string[]): Promise<Ran> {
    let [stdout, stderr] = ['', ''];
    const status = await runIrm(argv, {
      stdout: (text) => void (stdout += text),
      stderr: (text) => void (stderr += text),
      open: (node) => {
        this.nodes.push(node);
        return Promise.resolve(this.connect());
      },
      openPki: () => this.pki(),
      openTryFlow: () => Promise.resolve(this.tryFlow),
      openJoining: () => this.openJoining(),
      signal: this.interrupt.signal,
    });
    return { status, stdout, stderr };
  }

  /** Runs a line with --json; the result must be one object on one line. */
  async json(line: string): Promise<JsonObject> {
    const { stdout, stderr, status } = await this.run(`${line} --json`);
    if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
    if (!/^\{.*\}\n$/.test(stdout)) throw new Error(`not one line of JSON: ${stdout}`);
    return JSON.parse(stdout) as JsonObject;
  }

  /** Runs lines that must succeed. */
  async given(...lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      const { status, stderr } = await this.run(line);
      if (status !== 0) throw new Error(`${line}: ${stderr}`);
    }
  }

  /** A flow to a name, as `irm join` needs it; tests set it. */
  call: JoiningPorts['call'] = () => Promise.reject(new OuroborosError('ENAME', 'nobody serves that name'));

  private async openJoining(): Promise<Joining> {
    const pki = await this.pki();
    return new Joining({
      crypto: await loadCrypto(),
      random: new NodeRandom(),
      pki,
      members: await openMembers(pki),
      store: new InvitationStore(pki.places.invitations),
      server: { program: '/usr/bin/irm', args: ['invite', 'serve'] },
      call: (name, conversation) => this.call(name, conversation),
      addressTowards: async () => '192.0.2.2',
      hostName: 'n2',
    });
  }

  /** In `confDir`, whose files are left to who sets it. */
  private async pki(): Promise<Pki> {
    if (this.confDir === undefined) throw new Error('this test has no directory for certificates');
    return openPki(new Places(this.confDir), this.wallClock);
  }

  private connect(): Irm {
    this.open += 1;
    return new Irm({
      management: this.management,
      clock: new HastyClock(),
      findProgram,
      close: () => void (this.open -= 1),
    });
  }
}
