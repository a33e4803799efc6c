import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Credential, PeerProof, Trust } from '@ouroboros/ports';
import { FileCredentialStore } from '../credential-store.js';
import { Pki } from '../pki.js';
import { Places } from '../places.js';

export const DAY_MS = 86_400_000;
export const NO_PATHS = { crt: '', key: '', enc: '' } as const;

/** A wall clock that stands still until it is set. */
export class StandingClock implements Clock {
  wallMs = Date.UTC(2026, 0, 15, 12);
  now(): ReturnType<Clock['now']> {
    throw new Error('certificates know no monotonic time');
  }
  wallNanos(): bigint {
    return BigInt(this.wallMs) * 1_000_000n;
  }
  at(): () => void {
    throw new Error('certificates wait for nothing');
  }
}

/** A configuration directory with its authority, and the store that a daemon has there. */
export class Scratch {
  readonly dir = mkdtempSync(join(tmpdir(), 'o7pki-'));
  readonly clock = new StandingClock();
  readonly places = new Places(this.dir);
  readonly pki = new Pki(this.places, this.clock);
  readonly store = new FileCredentialStore(this.places);

  path(...parts: readonly string[]): string {
    return join(this.dir, 'security', ...parts);
  }

  /** Runs openssl in this directory; throws when it fails. */
  openssl(...args: readonly string[]): string {
    const ran = spawnSync('openssl', args, { cwd: this.dir, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout + ran.stderr;
  }

  async security(role: 'server' | 'client', name: string) {
    const loaded = await this.store.load(role, name, NO_PATHS);
    if (!loaded.ok) throw new Error(loaded.text);
    return loaded;
  }

  /** The verdict on a certificate that signed a message as it should. */
  async verdict(role: 'server' | 'client', name: string, change: Partial<PeerProof> = {}, trust?: Trust) {
    const { credential, trust: own } = await this.security(role, name);
    return (trust ?? own).verify(this.proof(credential!, role, change));
  }

  proof(credential: Credential, role: 'server' | 'client', change: Partial<PeerProof>): PeerProof {
    const region = Buffer.from('the signed bytes');
    const digest = credential.takesDigest ? 'sha256' : null;
    const signed = credential.sign(digest, region);
    if (!signed.ok) throw new Error(signed.text);
    const { signature } = signed;
    const wallNanos = this.clock.wallNanos();
    const { certificate } = credential;
    return { certificate, region, signature, digest, role, name: null, wallNanos, peerWallNanos: null, ...change };
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export const haveOpenssl = spawnSync('openssl', ['version']).status === 0;
