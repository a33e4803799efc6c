import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCrypto } from '@ouroboros/crypto';
import { Irm, MemoryManagement } from '@ouroboros/irm';
import { NodeClock, NodeRandom } from '@ouroboros/node-runtime';
import { openMembers, openPki, Places, type Pki } from '@ouroboros/pki';
import { InvitationStore } from './invitation-store.js';
import { Joining } from './joining.js';
import type { Pipe } from '../pipe.js';

/** A wall clock that is moved by hand. */
export class SetClock extends NodeClock {
  ms = Date.UTC(2026, 0, 15, 12);
  override wallNanos(): bigint {
    return BigInt(this.ms) * 1_000_000n;
  }
}

/** What somebody on the way does to a message; undefined: it is lost, and the flow with it. */
export type Tamper = (message: Uint8Array, towards: 'inviter' | 'joiner') => Uint8Array | undefined;

/** Two ends of a flow in memory. */
export function pipes(tamper: Tamper = (message) => message): readonly [joiner: Pipe, inviter: Pipe] {
  const [toInviter, toJoiner] = [new Queue(), new Queue()];
  const end = (out: Queue, towards: 'inviter' | 'joiner', into: Queue): Pipe => ({
    send: async (message) => out.put(tamper(message, towards)),
    receive: () => into.take(),
  });
  return [end(toInviter, 'inviter', toJoiner), end(toJoiner, 'joiner', toInviter)];
}

class Queue {
  private readonly waiting: (Uint8Array | undefined)[] = [];
  private reader: (() => void) | undefined;

  put(message: Uint8Array | undefined): void {
    this.waiting.push(message);
    this.reader?.();
  }

  async take(): Promise<Uint8Array> {
    if (this.waiting.length === 0) await new Promise<void>((resolve) => (this.reader = resolve));
    const message = this.waiting.shift();
    if (message === undefined) throw new Error('the flow went down');
    return message;
  }
}

/** A host with certificates in a folder of its own, and a daemon in memory. */
export class Host {
  readonly dir = mkdtempSync(join(tmpdir(), 'o7join-'));
  readonly management = new MemoryManagement();
  readonly irm: Irm;
  pki!: Pki;
  joining!: Joining;
  /** Who answers when this host calls a name, and what happens on the way. */
  peer: Host | undefined;
  tamper: Tamper | undefined;
  /** Why the last one was not admitted here, or who was. */
  served = '';

  private constructor(readonly clock: SetClock) {
    this.irm = new Irm({
      management: this.management,
      clock,
      findProgram: async (program) => program,
      close: () => undefined,
    });
  }

  static async open(clock: SetClock): Promise<Host> {
    const host = new Host(clock);
    await host.restart();
    return host;
  }

  /** All that is not in files is new. */
  async restart(): Promise<void> {
    const places = new Places(this.dir);
    this.pki = await openPki(places, this.clock);
    this.joining = new Joining({
      crypto: await loadCrypto(),
      random: new NodeRandom(),
      pki: this.pki,
      members: await openMembers(this.pki),
      store: new InvitationStore(places.invitations),
      server: { program: '/usr/bin/irm', args: ['invite', 'serve', '--conf-dir', this.dir] },
      call: (_, conversation) => this.call(conversation),
      addressTowards: async () => '192.0.2.2',
      hostName: 'n2',
    });
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async call<T>(conversation: (pipe: Pipe) => Promise<T>): Promise<T> {
    const { peer } = this;
    if (!peer) throw new Error('nobody answers');
    const [mine, theirs] = pipes(this.tamper);
    const serving = peer.joining.serve(theirs).then(
      (member) => (peer.served = `admitted ${member}`),
      (error: Error) => (peer.served = error.message),
    );
    const result = await conversation(mine);
    await serving;
    return result;
  }
}
