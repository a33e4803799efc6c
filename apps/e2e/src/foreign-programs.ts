import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed as inPath } from '@ouroboros/demo';

/** Debian keeps the servers of PostgreSQL out of the path. */
const POSTGRESQL = '/usr/lib/postgresql';
const FOLDERS = existsSync(POSTGRESQL)
  ? readdirSync(POSTGRESQL).map((version) => join(POSTGRESQL, version, 'bin'))
  : [];
const env = { ...process.env, PATH: [process.env['PATH'], ...FOLDERS].join(':') };

/** Whether programs are there; when one is not, a line says what is left out. */
export function installed(what: string, ...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => inPath(program, env.PATH) === undefined);
  if (missing.length > 0) process.stdout.write(`${what} is not tested: there is no ${missing.join(', no ')}.\n`);
  return missing.length === 0;
}

/** Who runs what refuses to be root's; where this is not root, its own user. */
export const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** A temporary folder of NOBODY. */
export function folderOfNobody(): string {
  const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
  if (NOBODY.uid !== undefined) chownSync(folder, NOBODY.uid, NOBODY.gid);
  return folder;
}

export interface ForeignOptions {
  readonly uid?: number;
  readonly gid?: number;
  /** File to read as standard input. Default: there is none. */
  readonly stdin?: string;
}

/** The output of a program that is not ours, which has to succeed. */
export async function outputOf(
  program: string,
  args: readonly string[],
  options: ForeignOptions = {},
): Promise<Buffer> {
  const { stdin: file, ...user } = options;
  const stdin = file === undefined ? 'ignore' : openSync(file, 'r');
  const child = spawn(program, args, { env, stdio: [stdin, 'pipe', 'pipe'], ...user });
  if (typeof stdin === 'number') closeSync(stdin);
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout!.on('data', (bytes: Buffer) => output.push(bytes));
  child.stderr!.on('data', (bytes: Buffer) => errors.push(bytes));
  const status = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')}: exit status ${String(status)}\n${Buffer.concat(errors).toString()}`);
  return Buffer.concat(output);
}

/** A server that is not ours. */
export class ForeignServer {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(program: string, args: readonly string[], options: ForeignOptions = {}) {
    this.child = spawn(program, args, { env, stdio: 'ignore', ...options });
    this.ended = new Promise((resolve) => this.child.once('close', resolve).once('error', resolve));
  }

  async stop(): Promise<void> {
    this.child.kill('SIGINT');
    await this.ended;
  }
}
