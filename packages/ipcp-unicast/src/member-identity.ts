import type { IpcpEnvironment } from '@ouroboros/ipcp-kit';
import { fromSeconds, micros, OuroborosError, type Address } from '@ouroboros/model';
import type { Credential, Trust } from '@ouroboros/ports';
import { certifiedAddress } from './addr-auth/certified.js';
import type { StatementSigner } from './signed/index.js';

/** How often the files are looked at again: a certificate that was renewed or revoked counts within this time. */
const RELOAD = fromSeconds(10);
const NANOS_PER_MS = 1_000_000n;

type Env = Pick<IpcpEnvironment, 'name' | 'clock' | 'hash' | 'credentials' | 'logger'>;

/**
 * Who this IPCP is in a layer that authenticates its members, and whom it believes: its certificate, and the authorities of this host.
 * The files are read again while it is a member.
 */
export class MemberIdentity implements StatementSigner {
  private cancel: (() => void) | undefined;
  private stopped = false;

  private constructor(
    private readonly env: Env,
    private own: Credential,
    private trust: Trust,
  ) {
    this.reloadLater();
  }

  /** EAUTH where the IPCP has no certificate with its own name, or one that nobody here believes. */
  static async open(env: Env): Promise<MemberIdentity> {
    const found = await loadFiles(env);
    if (typeof found === 'string') throw new OuroborosError('EAUTH', found);
    const identity = new MemberIdentity(env, found.own, found.trust);
    const fault = identity.ownFault();
    if (fault === undefined) return identity;
    identity.stop();
    throw new OuroborosError('EAUTH', fault);
  }

  get address(): Address {
    return certifiedAddress(this.own.commonName, this.env.hash);
  }

  addressOf(name: string): Address {
    return certifiedAddress(name, this.env.hash);
  }

  get certificate(): Uint8Array {
    return this.own.certificate;
  }

  wallMs(): number {
    return Number(this.env.clock.wallNanos() / NANOS_PER_MS);
  }

  sign(region: Uint8Array): Uint8Array | undefined {
    const signed = this.own.sign(null, region);
    return signed.ok ? signed.signature : undefined;
  }

  verify(certificate: Uint8Array, region: Uint8Array, signature: Uint8Array): Address | undefined {
    const verified = this.check(certificate, region, signature);
    if (verified.ok) return this.addressOf(verified.name);
    this.env.logger.log('debug', 'a statement is not believed', { reason: verified.text });
    return undefined;
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  private check(certificate: Uint8Array, region: Uint8Array, signature: Uint8Array) {
    const wallNanos = this.env.clock.wallNanos();
    const proof = { certificate, region, signature, digest: null, name: null, wallNanos, peerWallNanos: null };
    const asServer = this.trust.verify({ ...proof, role: 'server' });
    // A member calls and is called: the certificate of a mere client, or of the server of a name, is not that of a member.
    return asServer.ok ? this.trust.verify({ ...proof, role: 'client' }) : asServer;
  }

  private ownFault(): string | undefined {
    const region = new Uint8Array(1);
    const verified = this.check(this.certificate, region, this.sign(region) ?? new Uint8Array(0));
    if (!verified.ok) return verified.text;
    return verified.name === this.env.name
      ? undefined
      : `the certificate of ${verified.name} is not that of ${this.env.name}`;
  }

  private reloadLater(): void {
    const { clock } = this.env;
    this.cancel = clock.at(micros(clock.now() + RELOAD), () => void this.reload());
  }

  private async reload(): Promise<void> {
    const found = await loadFiles(this.env);
    if (this.stopped) return;
    if (typeof found === 'string') this.env.logger.log('warn', found);
    else [this.own, this.trust] = [found.own, found.trust];
    this.reloadLater();
  }
}

async function loadFiles(env: Env): Promise<{ readonly own: Credential; readonly trust: Trust } | string> {
  const { name, credentials } = env;
  const found = await credentials?.load('client', '', { crt: '', key: '', enc: '', member: name });
  if (found && !found.ok) return found.text;
  if (found?.credential) return { own: found.credential, trust: found.trust };
  return `the layer demands authenticated members, and ${name} has no certificate: irm invite and irm join give one, or irm pki issue ${name} member`;
}
