import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import { NodeClock } from '@ouroboros/node-runtime';
import { openPki, Places, type Pki } from '@ouroboros/pki';
import type { CredentialRole } from '@ouroboros/ports';
import { confDirOf } from './programs.js';

const DAY_NS = 86_400_000_000_000;
const DAYS = 10;
/** Authorities are older than anything that they issue. */
const FOUNDED = -100;

/** The wall clock of a host that is some days off. */
class OtherDay extends NodeClock {
  days = 0;

  override wallNanos(): bigint {
    return super.wallNanos() + BigInt(this.days * DAY_NS);
  }
}

/** A certificate that is valid for ten days. */
export interface Paper {
  readonly role: CredentialRole;
  /** The name of flows that it is used for. */
  readonly name: string;
  readonly authority: string;
  /** The name in it. Default: of a server's the same, of a client's `<name>.client`. */
  readonly as?: string;
  /** When it is issued, in days from now. Default 0. */
  readonly day?: number;
}

/** A host without daemons where authorities are kept, as `irm pki` keeps them; what they issue is carried to nodes. */
export class Office {
  private issued = 0;

  private constructor(
    private readonly folder: string,
    private readonly clock: OtherDay,
    readonly pki: Pki,
  ) {}

  static async open(folder: string, ...authorities: readonly string[]): Promise<Office> {
    const clock = new OtherDay();
    const office = new Office(folder, clock, await openPki(new Places(folder), clock));
    clock.days = FOUNDED;
    for (const name of authorities) await office.pki.init({ name });
    clock.days = 0;
    return office;
  }

  /** Puts a certificate with its key on a node; answers what it is called where it is spoken of. */
  async issue(node: DemoNode, { role, name, authority, as, day = 0 }: Paper): Promise<string> {
    const to = join(this.folder, `outgoing-${(this.issued += 1)}`);
    const subject = role === 'server' ? { name: as ?? name } : { name, as };
    this.clock.days = day;
    const [made] = await this.pki.issue({ ...subject, roles: [role], authority, days: DAYS, to });
    this.clock.days = 0;
    copy(new Places(to).of(role, subject.name), placesOf(node).of(role, name));
    return `certificate "${made!.commonName}" (serial ${made!.serial}, issued by "${authority}")`;
  }

  /** What a node shows as the server of a name, another one shows as its client. */
  lend(server: DemoNode, client: DemoNode, name: string): void {
    copy(placesOf(server).of('server', name), placesOf(client).of('client', name));
  }

  /** Lets a node trust an authority, and tells it what that has revoked so far. */
  introduce(authority: string, node: DemoNode): void {
    for (const kind of ['cacert', 'crl'] as const) {
      const file = `${authority}.pem`;
      copy(join(new Places(this.folder).folder(kind), file), join(placesOf(node).folder(kind), file));
    }
  }
}

const placesOf = ({ plan }: DemoNode): Places => new Places(confDirOf(plan.runtimeDir));

function copy(from: string, to: string): void {
  mkdirSync(join(to, '..'), { recursive: true });
  cpSync(from, to, { recursive: true });
}
