import { createHash, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { NodeHash, NodeKdf, loadKeyExchange } from '@ouroboros/crypto';
import { concatBytes, equalBytes, fromHex, fromSeconds, utf8Bytes } from '@ouroboros/model';
import type { Credential, CredentialFailure, DigestName, KexKeys, KexName, KeyExchange, Trust } from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';
import { completeOap, forgetOap, prepareOap, type OapCompleted, type OapExchange } from './client.js';
import type { OapFailure } from './failure.js';
import type { OapSecurity } from './security.js';
import { OapServer, answerOap, type OapAnswered, type OapOffer } from './server.js';
import type { OapTools } from './tools.js';

export const ID = fromHex('000102030405060708090a0b0c0d0e0f');
export const REQUEST_TIME = 0x17979cfe3d85cd15n;
export const RESPONSE_TIME = 0x17979cfe3dd21855n;
export const ROOM = 1388;
/** What two hosts of ours agree on besides protection. */
export const ORDINARY = OapFeature.DEALLOC_MESSAGE | OapFeature.REFUSAL_REASON | OapFeature.FRAMES;
export const PROTECTED = ORDINARY | OapFeature.PROTECTION;

/** Keys that were generated and not destroyed. */
export interface CountedKeys {
  open: number;
}

/** Real cryptography, whose key pairs are counted. */
export async function realTools(counted: CountedKeys = { open: 0 }): Promise<OapTools> {
  const real = await loadKeyExchange();
  const keyExchange: KeyExchange = {
    generate: (kex) => countedKeys(real.generate(kex), counted),
    encapsulate: (kex, publicKey) => real.encapsulate(kex, publicKey),
    load: (privateKey, raw) => {
      const loaded = real.load(privateKey, raw);
      return loaded && { kex: loaded.kex, keys: countedKeys(loaded.keys, counted) };
    },
    recognise: (publicKey, raw) => real.recognise(publicKey, raw),
  };
  return { hash: new NodeHash(), crypto: { kdf: new NodeKdf(), keyExchange } };
}

function countedKeys(keys: KexKeys, counted: CountedKeys): KexKeys {
  let open = true;
  counted.open += 1;
  return {
    publicKey: keys.publicKey,
    agree: (peer) => keys.agree(peer),
    destroy: () => {
      if (open) counted.open -= 1;
      open = false;
      keys.destroy();
    },
  };
}

/** The same tools with an X25519 key pair that is not drawn. */
export function withX25519(tools: OapTools, privateKey: Uint8Array): OapTools {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), privateKey]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const keys: KexKeys = {
    publicKey: new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' })),
    agree: (peer) => {
      const publicKey = createPublicKey({ key: Buffer.from(peer), format: 'der', type: 'spki' });
      return new Uint8Array(diffieHellman({ privateKey: key, publicKey }));
    },
    destroy: () => undefined,
  };
  const { kdf, keyExchange } = tools.crypto!;
  const fixed: KeyExchange = {
    ...keyExchange,
    generate: (kex: KexName) => (kex === 'X25519' ? keys : keyExchange.generate(kex)),
  };
  return { ...tools, crypto: { kdf, keyExchange: fixed } };
}

const signatureOf = (name: string, digest: DigestName | null, region: Uint8Array): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(concatBytes(utf8Bytes(`key of ${name}, ${digest ?? 'none'}`), region))
      .digest(),
  );

/** A credential without cryptography: everybody could sign so, but only the bytes that were signed verify. */
export function credentialOf(name: string, takesDigest = true): Credential {
  return {
    commonName: name,
    certificate: utf8Bytes(`certificate of ${name}`),
    takesDigest,
    notAfterNanos: 2n ** 63n,
    sign: (digest, region) =>
      digest !== null && !takesDigest
        ? { ok: false, code: 'unsupported', text: `${name} signs without digest` }
        : { ok: true, signature: signatureOf(name, digest, region) },
  };
}

/** Believes the credentials of these names; `text` of failures names the certificate. */
export function trustIn(...names: readonly string[]): Trust {
  const fail = (code: CredentialFailure['code'], text: string): CredentialFailure => ({ ok: false, code, text });
  return {
    authorities: 1,
    verify: (proof) => {
      const shown = new TextDecoder().decode(proof.certificate);
      const name = names.find((one) => shown === `certificate of ${one}`);
      if (name === undefined) return fail('untrusted', `"${shown}" is not trusted`);
      if (proof.name !== null && proof.name !== name) return fail('wrong-name', `${shown} is not of ${proof.name}`);
      const good = equalBytes(proof.signature, signatureOf(name, proof.digest, proof.region));
      return good ? { ok: true, name, text: shown } : fail('bad-signature', `not signed with the key of ${name}`);
    },
  };
}

export const security = (parts: Partial<OapSecurity> = {}): OapSecurity => ({
  encryption: 'offer',
  authentication: 'offer',
  algorithms: null,
  credential: null,
  kemKeys: null,
  trust: null,
  unseenByC: false,
  ...parts,
});

/** How two hosts are set up; each plays `name` for the other. */
export interface Setup {
  readonly tools: OapTools;
  readonly client?: Partial<OapSecurity>;
  readonly server?: Partial<OapSecurity>;
  readonly clientFeatures?: number;
  readonly serverFeatures?: number;
  readonly clientRoom?: number;
  readonly serverRoom?: number;
}

/** The request of a host that is set up so. */
export function requestOf(setup: Setup): { readonly bytes: Uint8Array; readonly exchange: OapExchange } {
  const { tools, clientFeatures: features = PROTECTED, clientRoom: room = ROOM } = setup;
  const asked = { id: ID, timestampNs: REQUEST_TIME, features, name: 'oping', security: security(setup.client), room };
  const prepared = prepareOap(asked, tools);
  if (!prepared.ok) throw new Error(prepared.text);
  return prepared;
}

/** A server that has seen no request yet reads one. */
export function offerOf({ tools, serverFeatures = PROTECTED }: Setup, bytes: Uint8Array): OapOffer | OapFailure {
  const read = new OapServer(tools, serverFeatures).read(bytes, fromSeconds(1));
  return read.ok ? read.offer : read;
}

export function answerTo(setup: Setup, bytes: Uint8Array): OapAnswered {
  const offer = offerOf(setup, bytes);
  if ('ok' in offer) return offer;
  const reply = { security: security(setup.server), timestampNs: RESPONSE_TIME, room: setup.serverRoom ?? ROOM };
  return answerOap(offer, reply, setup.tools);
}

export const completion = ({ tools }: Setup, exchange: OapExchange, bytes: Uint8Array): OapCompleted =>
  completeOap(exchange, bytes, RESPONSE_TIME, tools);

export interface Outcome {
  readonly request: Uint8Array;
  readonly answered: OapAnswered;
  /** Null: the server did not answer. */
  readonly completed: OapCompleted | null;
}

/** The whole exchange; an attacker may change what is on its way. */
export function exchanged(
  setup: Setup,
  onRequest = (bytes: Uint8Array): Uint8Array => bytes,
  onResponse = (bytes: Uint8Array): Uint8Array => bytes,
): Outcome {
  const { bytes: request, exchange } = requestOf(setup);
  const answered = answerTo(setup, onRequest(request));
  const completed = answered.ok ? completion(setup, exchange, onResponse(answered.bytes)) : null;
  forgetOap(exchange);
  return { request, answered, completed };
}
