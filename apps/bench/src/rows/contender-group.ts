import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender, ContenderSession } from '../contenders/index.js';
import { createHosts, type Hosts } from '../hosts/index.js';
import { attempt, measureRows, type Group, type Round, type Sample } from './group.js';
import { NotHere, type Figures, type Lengths, type Row } from './row.js';

/** First word of the ids of a contender's rows. */
export const wordOf = (title: string): string => title.toLowerCase().replace(/[^a-z0-9.]+/g, '-');

/** How many hosts a contender takes. */
const HOSTS = 2;

/** A contender comes up at its first round, and lasts; on hosts of its own, so that it meets no other there. */
export class ContenderGroup implements Group {
  readonly rows: readonly Row<ContenderSession>[];
  private hosts: Hosts | null = null;
  private session: ContenderSession | null = null;

  constructor(
    private readonly contender: Contender,
    sizes: readonly number[],
  ) {
    this.rows = rowsOf(contender, sizes);
  }

  get title(): string {
    return this.contender.title;
  }

  async measure(round: Round): Promise<Sample[]> {
    const wanted = this.rows.filter(({ id }) => round.wants(id));
    const open = await attempt(() => this.open(round), round.place.signal);
    return 'failed' in open ? wanted.map(({ id }) => ({ id, ...open.failed })) : measureRows(open.value, wanted, round);
  }

  async stop(): Promise<void> {
    await this.session?.stop();
    await this.hosts?.stop();
  }

  private async open({ place }: Round): Promise<ContenderSession> {
    if (this.session) return this.session;
    const missing = await this.contender.missing();
    if (missing !== null) throw new NotHere(missing);
    const folder = join(place.folder, wordOf(this.title));
    mkdirSync(folder, { recursive: true });
    this.hosts ??= await createHosts(HOSTS);
    this.session = await this.contender.start(this.hosts, folder);
    return this.session;
  }
}

function rowsOf({ title, encrypted }: Contender, sizes: readonly number[]): Row<ContenderSession>[] {
  const row = (
    what: string,
    measure: (session: ContenderSession, lengths: Lengths) => Promise<Figures> | undefined,
  ): Row<ContenderSession> => ({
    id: `${wordOf(title)}/${what}`,
    encrypted: encrypted ? 'the link' : 'nothing',
    measure: async (session, lengths) => ({ figures: await existing(measure(session, lengths)) }),
  });
  const sized = sizes.flatMap((size) => [
    row(`${size}/one-way`, (session, { oneWayS }) => session.oneWay?.(size, oneWayS).then((figure) => ({ ...figure }))),
    row(`${size}/round-trip`, (session) => session.roundTrip?.(size, 'back to back').then((figure) => ({ ...figure }))),
    row(`${size}/paced`, (session) => session.roundTrip?.(size, 2).then((figure) => ({ ...figure }))),
  ]);
  const tcp = row('tcp', (session, { tcpS }) => session.tcp?.(tcpS));
  const memory = row('memory', (session) => session.memory?.().then(figuresOfMemory));
  return [...sized, tcp, memory];
}

async function existing(figures: Promise<Figures> | undefined): Promise<Figures> {
  const found = await figures;
  if (found === undefined || Object.keys(found).length === 0) throw new NotHere('it has no such figure');
  return found;
}

const figuresOfMemory = (processes: readonly { readonly process: string; readonly ussBytes: number }[]): Figures =>
  Object.fromEntries(processes.map(({ process, ussBytes }) => [`uss ${process}`, ussBytes / 1e6]));
