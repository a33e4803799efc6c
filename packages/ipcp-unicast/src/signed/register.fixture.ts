import { generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { NodeHash } from '@ouroboros/crypto';
import { utf8Bytes, type Address } from '@ouroboros/model';
import { certifiedAddress } from '../addr-auth/certified.js';
import type { StatementSigner } from './index.js';

const hash = new NodeHash();
export const START_MS = Date.UTC(2026, 0, 15);
const decoder = new TextDecoder();

/** Certificates that are names, and a register of keys in place of an authority. */
export class Register {
  private readonly keys = new Map<string, KeyObject>();
  readonly banned = new Set<string>();
  now = 0;
  /** Signatures that were checked. */
  checked = 0;

  /** `fastMs`: how far the clock of the member is ahead. */
  signer(name: string, fastMs = 0): StatementSigner {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.keys.set(name, publicKey);
    return {
      certificate: utf8Bytes(name),
      sign: (region) => new Uint8Array(sign(null, region, privateKey)),
      verify: (certificate, region, signature) => {
        this.checked += 1;
        const who = decoder.decode(certificate);
        const key = this.banned.has(who) ? undefined : this.keys.get(who);
        return key && verify(null, region, key, signature) ? certifiedAddress(who, hash) : undefined;
      },
      wallMs: () => START_MS + fastMs + this.now / 1000,
    };
  }
}

export const addressOf = (name: string): Address => certifiedAddress(name, hash);
