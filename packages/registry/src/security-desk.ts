/**
 * What holds for a flow's security: the policies of name, layer and node, and the files of the name, which the host reads
 * for each flow, so that what has changed counts from the next one on.
 *
 * States of a load: asked → answered, or given up at its limit.
 */
import { securityOf, type OapFailure, type OapSecurity } from '@ouroboros/oap';
import {
  DEFAULT_PATHS,
  OPEN_POLICY,
  type CredentialFailure,
  type CredentialPaths,
  type CredentialRole,
  type Encryption,
  type NameSecurity,
} from '@ouroboros/ports';
import type { Core } from './core.js';
import type { IpcpEntry } from './ipcp-table.js';
import type { NameTable } from './names.js';
import type { Timer } from './timer-heap.js';

type Files = NameSecurity | CredentialFailure;

interface Load {
  readonly timer: Timer;
  done(files: Files): void;
}

export type FoundSecurity = { readonly ok: true; readonly security: OapSecurity } | OapFailure;

/** For whom: `byIpcp` when the process that asks for the flow is an IPCP of this host, which is called `member`. */
export interface SecurityQuestion {
  readonly role: CredentialRole;
  readonly name: string;
  readonly carrier: IpcpEntry;
  readonly byIpcp: boolean;
  readonly member?: string;
}

export class SecurityDesk {
  private readonly open = new Map<number, Load>();
  private lastId = 0;

  constructor(
    private readonly core: Core,
    private readonly names: NameTable,
  ) {}

  /** `done` is called once, perhaps at once. */
  find(question: SecurityQuestion, done: (found: FoundSecurity) => void): void {
    const settle = (files: Files | null): void => {
      const found = securityOf(question.role, files, this.policies(question));
      if (!found.ok) return done(found);
      const { byIpcp: unseenByC } = question;
      const ignoresUnbelieved = unseenByC || (this.names.get(question.name)?.ipcps.size ?? 0) > 0;
      done({ ok: true, security: { ...found.security, unseenByC, ignoresUnbelieved } });
    };
    if (!this.core.options.credentials) return settle(null);
    const { credentialsMs: limitMs, credentialLoads } = this.core.limits;
    if (this.open.size >= credentialLoads)
      return done({ ok: false, code: 'EAGAIN', text: 'too many flows are asked for at once' });
    this.lastId += 1;
    const load = this.lastId;
    const timer = this.core.after(limitMs, () => this.loaded(load, late(question.name, limitMs)));
    this.open.set(load, { timer, done: settle });
    const { role, name } = question;
    this.core.emit({ kind: 'loadSecurity', load, role, name, paths: this.pathsOf(question) });
  }

  loaded(load: number, found: Files): void {
    const waiting = this.open.get(load);
    if (!waiting) return;
    this.open.delete(load);
    this.core.timers.cancel(waiting.timer);
    waiting.done(found);
  }

  private policies({ name, carrier, byIpcp }: SecurityQuestion) {
    const { encryption, authentication } = this.core.policy;
    const node = { encryption: byIpcp ? narrowed(encryption, carrier) : encryption, authentication };
    return { name: this.names.get(name)?.security ?? OPEN_POLICY, layer: carrier.security, node };
  }

  private pathsOf({ role, name, member }: SecurityQuestion): CredentialPaths {
    const paths = this.names.get(name)?.paths ?? DEFAULT_PATHS;
    return role === 'server'
      ? { crt: paths.serverCrt, key: paths.serverKey, enc: paths.serverEnc }
      : { crt: paths.clientCrt, key: paths.clientKey, enc: paths.clientEnc, ...(member !== undefined && { member }) };
  }
}

/** An IPCP offers encryption of its own flows only where they leave for a network: above, the layers below have done it. */
const narrowed = (encryption: Encryption, { onNetwork }: IpcpEntry): Encryption =>
  encryption === 'offer' && !onNetwork ? 'off' : encryption;

const late = (name: string, limitMs: number): CredentialFailure => ({
  ok: false,
  code: 'unreadable',
  text: `the credentials of ${name} were not read within ${limitMs} ms`,
});
