/** The flow service of an IRM daemon at a socket of its own, for specs; no tests here. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeClock, irmSocketPath } from '@ouroboros/node-runtime';
import type { Management, ProcessAnnouncement } from '@ouroboros/ports';
import { IrmServer, type ProcessSession } from '@ouroboros/rpc';
import { Exchange } from './two-hosts.spec.js';

/** An IRM daemon's socket with the exchange of these specs behind it. */
export class Daemon {
  readonly dir = mkdtempSync(join(tmpdir(), 'ob-flow-'));
  readonly announcements: ProcessAnnouncement[] = [];
  readonly sessions = new Set<ProcessSession>();
  readonly exchange = new Exchange(new NodeClock());
  private server: IrmServer | undefined;
  private changed: () => void = () => undefined;

  async start(): Promise<this> {
    this.server = new IrmServer();
    this.server.setHandlers({
      managementFor: () => ({}) as Management,
      onProcess: (session) => this.attached(session),
      onIpcp: () => undefined,
    });
    await this.server.listen(irmSocketPath(this.dir), { mode: 0o600 });
    return this;
  }

  stop(): void {
    this.server?.close();
  }

  /** Resolves when `count` processes are attached. */
  async attachments(count: number): Promise<void> {
    while (this.sessions.size !== count) await new Promise<void>((resolve) => (this.changed = resolve));
  }

  clean(): void {
    this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  private attached(session: ProcessSession): void {
    this.announcements.push(session.announcement);
    this.sessions.add(session);
    this.changed();
    const path = session.announcement.channelPath;
    session.serve(this.exchange.service({ side: 'client', uid: process.getuid?.() ?? 0, path }));
    session.onClose(() => {
      this.sessions.delete(session);
      this.changed();
    });
  }
}
