import { openJoining, type Joining } from '@ouroboros/joining/node';
import { confDir } from '@ouroboros/pki';

/** Invitations of this user's configuration directory, or of another; this program answers who joins. */
export const openOwnJoining = (dir?: string): Promise<Joining> =>
  openJoining(dir ?? confDir(), process.argv[1] ?? 'irm');
