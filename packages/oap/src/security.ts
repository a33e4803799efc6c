/** What one end of an allocation brings along: policy, algorithms, credentials. [spec/wire-crypto.md §8] */
import type {
  Authentication,
  Credential,
  CredentialFailure,
  CredentialRole,
  Encryption,
  NameSecurity,
  SecurityPolicy,
  StaticKemKeys,
  Trust,
} from '@ouroboros/ports';
import { parseEncConf, type OapAlgorithms } from './enc-conf.js';
import { failed, type OapFailure } from './failure.js';

export interface OapSecurity {
  readonly encryption: Encryption;
  readonly authentication: Authentication;
  /** Null: nobody has configured any. A client then offers DEFAULT_ALGORITHMS, a server takes what it is offered. */
  readonly algorithms: OapAlgorithms | null;
  readonly credential: Credential | null;
  /** Server: its private keys. Client: the server's public keys. */
  readonly kemKeys: StaticKemKeys | null;
  /** Null: this host verifies nobody. */
  readonly trust: Trust | null;
  /** Client: offers encryption, where nobody demands or configured it, to peers of ours alone. */
  readonly unseenByC: boolean;
  /**
   * Where authentication is not demanded, an end whose certificate does not hold counts as one that shows none. Between IPCPs, whose
   * layers judge by themselves: not every member need know the authority of another.
   */
  readonly ignoresUnbelieved?: boolean;
}

/** Whether a certificate that does not hold, or that nobody can verify here, is taken for none. */
export const mayIgnore = ({ authentication, ignoresUnbelieved = false }: OapSecurity): boolean =>
  ignoresUnbelieved && authentication !== 'require';

/** What is offered for a name without configuration: an unconfigured C server takes it and encrypts. */
export const DEFAULT_ALGORITHMS: OapAlgorithms = {
  kex: 'X25519',
  cipher: 'aes-256-gcm',
  kdf: 'sha256',
  digest: 'sha256',
  clientEncapsulates: false,
};

/** Neither encryption nor authentication. */
export const NO_SECURITY: OapSecurity = {
  encryption: 'off',
  authentication: 'offer',
  algorithms: null,
  credential: null,
  kemKeys: null,
  trust: null,
  unseenByC: false,
};

export interface SecurityPolicies {
  readonly name: SecurityPolicy;
  readonly layer: SecurityPolicy;
  readonly node: { readonly encryption: Encryption; readonly authentication: Authentication };
}

/**
 * What holds for a name, from its files and the policies: the name's own policy, then its `enc.conf`, then the layer's
 * policy, then the node's. An `enc.conf` means `require` as it does in C: both ends insist on encryption. One that says
 * `none` keeps a client from offering any; for a server it is as if it were not there, as in C. Fails with EINVAL for an
 * `enc.conf` that cannot be read, with EAUTH for credentials that cannot.
 */
export function securityOf(
  role: CredentialRole,
  files: NameSecurity | CredentialFailure | null,
  policies: SecurityPolicies,
): { readonly ok: true; readonly security: OapSecurity } | OapFailure {
  if (files && !files.ok) return failed('EAUTH', files.text);
  const conf = files?.encConf === null || files === null ? undefined : parseEncConf(files.encConf);
  if (conf && !conf.ok) return failed('EINVAL', `enc.conf has no ${conf.key} "${conf.value}"`);
  const { name, layer, node } = policies;
  const byFile = conf === undefined ? '' : conf.algorithms !== null ? 'require' : role === 'client' ? 'off' : '';
  return {
    ok: true,
    security: {
      encryption: name.encryption || byFile || layer.encryption || node.encryption,
      authentication: name.authentication || layer.authentication || node.authentication,
      algorithms: conf?.algorithms ?? null,
      credential: files?.credential ?? null,
      kemKeys: files?.kemKeys ?? null,
      trust: files?.trust ?? null,
      unseenByC: false,
    },
  };
}
