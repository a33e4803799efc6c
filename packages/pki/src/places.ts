import { join } from 'node:path';
import type { CredentialPaths, CredentialRole } from '@ouroboros/ports';

/** What a certificate of this host is shown as: `member`, by an IPCP to others of its layer, whoever calls. */
export type CertificateRole = CredentialRole | 'member';

/**
 * Where everything lies below a configuration directory. C's places [spec/wire-crypto.md §8.1] are `cacert`, `untrusted`,
 * `server` and `client`; `crl`, `member`, `authority` and `invitation` are ours.
 *
 *     security/cacert/*              authorities that are trusted
 *              untrusted/*           intermediate certificates
 *              crl/*                 revocation lists
 *              server/<name>/        crt.pem key.pem enc.conf kex.key.pem kex.key.raw
 *              client/<name>/        crt.pem key.pem enc.conf kex.srv.pub.pem kex.srv.pub.raw
 *              member/<ipcp>/        crt.pem key.pem
 *              authority/<name>/     crt.pem key.pem crl.pem issued/<serial>.pem
 *              invitation/           <id>.json and what became of it
 */
export class Places {
  private readonly security: string;

  constructor(readonly confDir: string) {
    this.security = join(confDir, 'security');
  }

  /** A folder that holds certificates or lists, all of whose files count. */
  folder(kind: 'cacert' | 'untrusted' | 'crl'): string {
    return join(this.security, kind);
  }

  /** The folder with invitations to layers. */
  get invitations(): string {
    return join(this.security, 'invitation');
  }

  /** The folder that holds a folder for each name. */
  roles(role: CertificateRole | 'authority'): string {
    return join(this.security, role);
  }

  /** `name` must be a file name. */
  of(role: CertificateRole | 'authority', name: string): string {
    return join(this.security, role, name);
  }

  /** Files of a name; what `given` leaves empty is at the default place, and undefined where the name can have none. */
  files(role: CredentialRole, name: string, given: CredentialPaths): NameFiles {
    const at = (file: string): string | undefined => (isFileName(name) ? join(this.of(role, name), file) : undefined);
    const member = role === 'server' ? name : (given.member ?? '');
    const asMember = (file: string): string | undefined =>
      isFileName(member) ? join(this.of('member', member), file) : undefined;
    const kem = role === 'server' ? 'kex.key' : 'kex.srv.pub';
    return {
      crt: given.crt || at('crt.pem'),
      key: given.key || at('key.pem'),
      enc: given.enc || at('enc.conf'),
      memberCrt: asMember('crt.pem'),
      memberKey: asMember('key.pem'),
      kemDer: at(`${kem}.pem`),
      kemRaw: at(`${kem}.raw`),
    };
  }
}

export interface NameFiles {
  readonly crt: string | undefined;
  readonly key: string | undefined;
  readonly enc: string | undefined;
  /** Shown where there is neither `crt` nor `key`. */
  readonly memberCrt: string | undefined;
  readonly memberKey: string | undefined;
  readonly kemDer: string | undefined;
  readonly kemRaw: string | undefined;
}

/** Names come from applications: one with a slash in it must not lead out of the folder. */
export const isFileName = (name: string): boolean => !/[/\0]/.test(name) && !['', '.', '..'].includes(name);
