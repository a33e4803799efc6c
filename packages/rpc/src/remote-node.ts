import type { Endpoint } from '@ouroboros/model';
import type { CertificateFiles } from '@ouroboros/node-runtime';

/** TCP port of the management service where nothing else is said. */
export const REMOTE_PORT = 7343;

/** The IRM daemon of another host. */
export interface RemoteNode {
  readonly endpoint: Endpoint;
  /** Certificate and key to show, and the authority of the daemon's certificate. */
  readonly files: CertificateFiles;
  /** Name in the daemon's certificate; absent: the host that is dialed. */
  readonly serverName?: string | undefined;
}
