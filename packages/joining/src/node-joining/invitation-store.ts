import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OuroborosError, fromHex, toHex, formatTime, isJsonObject } from '@ouroboros/model';
import type { Invitation } from '../serve-join.js';

/** What has become of an invitation. */
export type InvitationState =
  | { readonly state: 'open' | 'expired' }
  | { readonly state: 'revoked'; readonly atMs: number }
  | { readonly state: 'used'; readonly atMs: number; readonly member: string; readonly holder: string };

export type KeptInvitation = Invitation & InvitationState;

/** Expired ones are remembered for a day, so that who comes late is told why. */
const REMEMBERED_MS = 86_400_000;

const RECORD = /^([0-9a-f]{16})\.json$/;

/**
 * Invitations in files, one for each and one more when it was used or revoked, whose making decides: it succeeds once, whoever tries, and
 * stays when the daemon or the machine starts anew. The secrets of the tokens are not in them.
 *
 *     <id>.json   what the token leads to, and the key of its proofs
 *     <id>.used   by whom and when
 *     <id>.revoked
 */
export class InvitationStore {
  constructor(private readonly folder: string) {}

  /** Keeps an invitation, and forgets those that expired long ago. */
  async add(invitation: Invitation): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.prune(invitation.createdMs);
    const { key, ...rest } = invitation;
    const draft = join(this.folder, `.${randomBytes(6).toString('hex')}`);
    await writeOnce(draft, JSON.stringify({ ...rest, key: toHex(key) }));
    await rename(draft, this.path(invitation.id, 'json'));
  }

  async find(id: string, nowMs: number): Promise<KeptInvitation | undefined> {
    const invitation = readInvitation(await this.read(id, 'json'));
    return invitation && { ...invitation, ...(await this.stateOf(invitation, nowMs)) };
  }

  /** All that are remembered, oldest first. */
  async list(nowMs: number): Promise<readonly KeptInvitation[]> {
    const found = await Promise.all((await this.ids()).map((id) => this.find(id, nowMs)));
    return found.filter((one) => one !== undefined).sort((a, b) => a.createdMs - b.createdMs);
  }

  /** Uses an invitation up for one member and `holder`, the hash of its key; again for the same is no second use. EREFUSED for another. */
  async use(id: string, member: string, holder: string, nowMs: number): Promise<void> {
    const path = this.path(id, 'used');
    if (await createOnce(path, JSON.stringify({ atMs: nowMs, member, holder }))) return;
    const used = readUse(await this.read(id, 'used'));
    if (used?.member === member && used.holder === holder) return;
    throw new OuroborosError('EREFUSED', usedText(used));
  }

  /** True when it was open until now. */
  async revoke(id: string, nowMs: number): Promise<boolean> {
    return createOnce(this.path(id, 'revoked'), JSON.stringify({ atMs: nowMs }));
  }

  private async stateOf({ id, expiresMs }: Invitation, nowMs: number): Promise<InvitationState> {
    const revoked = readTime(await this.read(id, 'revoked'));
    if (revoked !== undefined) return { state: 'revoked', atMs: revoked };
    const used = readUse(await this.read(id, 'used'));
    if (used) return { state: 'used', ...used };
    return { state: nowMs < expiresMs ? 'open' : 'expired' };
  }

  private async prune(nowMs: number): Promise<void> {
    for (const { id, expiresMs } of await this.list(nowMs)) {
      if (expiresMs + REMEMBERED_MS > nowMs) continue;
      for (const kind of ['json', 'used', 'revoked'] as const) await rm(this.path(id, kind), { force: true });
    }
  }

  private async ids(): Promise<readonly string[]> {
    const files = await readdir(this.folder).catch(() => []);
    return files.map((file) => RECORD.exec(file)?.[1]).filter((id) => id !== undefined);
  }

  private async read(id: string, kind: Kind): Promise<Record<string, unknown> | undefined> {
    try {
      const value: unknown = JSON.parse(await readFile(this.path(id, kind), 'utf8'));
      return isJsonObject(value) ? value : {};
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      // A file that is there and cannot be read counts as what its making said: used, or revoked.
      return {};
    }
  }

  private path(id: string, kind: Kind): string {
    return join(this.folder, `${id}.${kind}`);
  }
}

type Kind = 'json' | 'used' | 'revoked';

export const usedText = (used: { readonly atMs: number; readonly member: string } | undefined): string =>
  used
    ? `the token was used on ${formatTime(used.atMs)}, by ${used.member}: it is good once`
    : 'the token was used: it is good once';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const time = (value: unknown): number => (typeof value === 'number' ? value : 0);

const readTime = (record: Record<string, unknown> | undefined): number | undefined => record && time(record['atMs']);

const readUse = (record: Record<string, unknown> | undefined) =>
  record && { atMs: time(record['atMs']), member: text(record['member']), holder: text(record['holder']) };

function readInvitation(record: Record<string, unknown> | undefined): Invitation | undefined {
  if (!record) return undefined;
  const key = text(record['key']);
  if (!/^[0-9a-f]{64}$/.test(key)) return undefined;
  const [createdMs, expiresMs] = [time(record['createdMs']), time(record['expiresMs'])];
  const words = { id: text(record['id']), layer: text(record['layer']), token: text(record['token']) };
  return { ...words, authority: text(record['authority']), key: fromHex(key), createdMs, expiresMs };
}

/** False when the file is there already. What it says is on the disk when this resolves. */
async function createOnce(path: string, content: string): Promise<boolean> {
  try {
    await writeOnce(path, content);
    return true;
  } catch (thrown) {
    if (thrown instanceof OuroborosError && (thrown.cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

async function writeOnce(path: string, content: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(join(path, '..'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OuroborosError(code === 'EACCES' ? 'EACCES' : 'EIO', `cannot write ${path}: ${code}`, { cause });
  }
}

/** The name of a new file is on the disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
