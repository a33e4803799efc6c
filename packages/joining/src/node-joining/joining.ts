import { randomBytes } from 'node:crypto';
import { OuroborosError, toHex } from '@ouroboros/model';
import type { CryptoSuite, Random } from '@ouroboros/ports';
import type { Irm } from '@ouroboros/irm';
import type { MemberCertificates, Pki } from '@ouroboros/pki';
import { askToJoin } from '../ask-to-join.js';
import { findInvitable, inviteSteps, joinServiceName, type Invitable, type InviteOptions } from '../invite-layer.js';
import { joinSteps, type OwnPlace } from '../join-layer.js';
import type { Pipe } from '../pipe.js';
import { invitationId, proofKey } from '../proofs.js';
import { serveJoin } from '../serve-join.js';
import { takeSteps, type StepOptions, type StepReport } from '../steps.js';
import { formatToken, parseToken, publicText, SECRET_LENGTH, type Destination, type Token } from '../token.js';
import { Admission } from './admission.js';
import type { InvitationStore, KeptInvitation } from './invitation-store.js';

export interface JoiningPorts {
  readonly crypto: CryptoSuite;
  readonly random: Random;
  readonly pki: Pki;
  readonly members: MemberCertificates;
  readonly store: InvitationStore;
  /** Program `irm`, and the arguments with which it serves those who join. */
  readonly server: { readonly program: string; readonly args: readonly string[] };
  /** Holds a conversation over a flow to a name; the flow ends with it. */
  readonly call: <T>(name: string, conversation: (pipe: Pipe) => Promise<T>) => Promise<T>;
  /** The address of this host from which it reaches another. */
  readonly addressTowards: (host: string) => Promise<string>;
  readonly hostName: string;
}

export interface Made {
  /** Absent when nothing was done. */
  readonly token: string | null;
  readonly id: string | null;
  readonly expiresMs: number;
  /** Null: the layer has no authority here, and the token brings no certificate. */
  readonly authority: string | null;
  readonly steps: readonly StepReport[];
  readonly warnings: readonly string[];
}

export interface Joined {
  readonly member: string;
  readonly layer: string;
  /** Whether the member has a certificate of the layer's authority. */
  readonly certified: boolean;
  readonly steps: readonly StepReport[];
}

/** Both sides of an invitation on a real host. All calls reject with OuroborosError. */
export class Joining {
  constructor(private readonly ports: JoiningPorts) {}

  /** Makes a token for one more member of a layer, and sees to it that this host answers who comes with it. */
  async invite(
    irm: Irm,
    options: InviteOptions & { readonly ttlMs: number; readonly authority?: string },
    stepOptions: StepOptions,
  ): Promise<Made> {
    const { members, server, pki } = this.ports;
    const invitable = await findInvitable(irm, options);
    const { member, warnings } = invitable;
    const authority = await members.authorityOf(options.layer, options.authority);
    const own = authority && {
      name: authority.name,
      certified: await members.has(member.name, authority.fingerprint),
      certify: () => pki.issue({ name: member.name, roles: ['member'], authority: authority.name }),
    };
    const steps = await takeSteps(await inviteSteps(irm, invitable, { ...server, authority: own }), stepOptions);
    const expiresMs = pki.nowMs + options.ttlMs;
    const common = { expiresMs, authority: authority?.name ?? null, steps, warnings };
    if (stepOptions.dryRun) return { ...common, token: null, id: null };
    return { ...common, ...(await this.keep(invitable, authority, expiresMs)) };
  }

  private async keep(
    { destination }: Invitable,
    authority: { readonly name: string; readonly fingerprint: Uint8Array } | null,
    expiresMs: number,
  ): Promise<{ readonly token: string; readonly id: string }> {
    const { kdf } = this.ports.crypto;
    const token: Token = {
      destination: { ...destination, fingerprint: authority?.fingerprint ?? null },
      secret: new Uint8Array(randomBytes(SECRET_LENGTH)),
    };
    const id = toHex(invitationId(token.secret, kdf));
    const { layer } = destination;
    const createdMs = this.ports.pki.nowMs;
    const key = proofKey(token.secret, kdf);
    await this.ports.store.add({
      id,
      layer,
      token: publicText(token.destination),
      key,
      createdMs,
      expiresMs,
      authority: authority?.name ?? '',
    });
    return { token: formatToken(token, kdf), id };
  }

  invitations(): Promise<readonly KeptInvitation[]> {
    return this.ports.store.list(this.ports.pki.nowMs);
  }

  /** By the id, or by the token itself. ENAME when there is none, EEXIST when it was revoked before. */
  async revoke(idOrToken: string): Promise<KeptInvitation> {
    const { store, pki, crypto } = this.ports;
    const isId = /^[0-9a-f]{16}$/.test(idOrToken);
    const id = isId ? idOrToken : toHex(invitationId(parseToken(idOrToken, crypto.kdf).secret, crypto.kdf));
    const found = await store.find(id, pki.nowMs);
    if (!found) throw new OuroborosError('ENAME', `there is no invitation ${id}`, { field: 'invitation' });
    if (!(await store.revoke(id, pki.nowMs))) throw new OuroborosError('EEXIST', `invitation ${id} is revoked already`);
    return found;
  }

  /** Becomes a member of the token's layer. What is there already is left as it is. */
  async join(
    irm: Irm,
    options: { readonly token: string; readonly member?: string } & OwnPlace,
    stepOptions: StepOptions,
  ): Promise<Joined> {
    const { destination } = parseToken(options.token, this.ports.crypto.kdf);
    const member = options.member ?? this.memberName(destination.layer);
    const own = { ip: options.ip ?? (await this.ownAddress(destination)), dev: options.dev };
    const redeem = (): Promise<boolean> => this.redeem(options.token, member);
    const host = { certified: await this.certified(destination, member), redeem };
    const steps = await takeSteps(
      await joinSteps(irm, { destination, token: options.token, member, own }, host),
      stepOptions,
    );
    const certified = destination.fingerprint !== null && !stepOptions.dryRun;
    return { member, layer: destination.layer, certified, steps };
  }

  /** The one from which the inviting host is reached; undefined where addresses have no meaning. */
  private async ownAddress({ shim }: Destination): Promise<string | undefined> {
    return shim.type === 'udp4' || shim.type === 'udp6' ? this.ports.addressTowards(shim.host) : undefined;
  }

  memberName(layer: string): string {
    return `${layer}.${this.ports.hostName}`;
  }

  /** Uses a token, and keeps the certificate that it brings; true when it brought one. */
  async redeem(text: string, member: string): Promise<boolean> {
    const { crypto, random, members, call } = this.ports;
    const token = parseToken(text, crypto.kdf);
    const { layer, fingerprint } = token.destination;
    const key = fingerprint && (await members.request(member));
    const papers = await call(joinServiceName(layer), (pipe) =>
      askToJoin(pipe, token, { member, key }, { kdf: crypto.kdf, random }),
    );
    if (fingerprint) await members.install(member, fingerprint, papers);
    return fingerprint !== null;
  }

  /** Answers one host that joins; resolves with the member that was admitted, and rejects with why none was. */
  serve(pipe: Pipe): Promise<string> {
    const { crypto, random } = this.ports;
    return serveJoin(pipe, { desk: new Admission(this.ports), kdf: crypto.kdf, random });
  }

  private async certified({ fingerprint }: Destination, member: string): Promise<boolean> {
    return fingerprint !== null && this.ports.members.has(member, fingerprint);
  }
}
