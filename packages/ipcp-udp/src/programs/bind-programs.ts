import { execFile } from 'node:child_process';
import { OuroborosError } from '@ouroboros/model';
import type { DynamicDns } from '../dynamic-dns.js';

const LIMIT_MS = 5_000;
const LIFETIME_S = 86_400;

/** Runs a program to its end; answers what it printed. ENOTSUP when it is not installed, EIO when it fails. */
function output(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: LIMIT_MS }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      if (error.code === 'ENOENT') return reject(missing(program));
      reject(
        new OuroborosError('EIO', `${program}: ${stderr.trim() || stdout.trim() || error.message}`, { cause: error }),
      );
    });
    child.stdin?.on('error', () => undefined); // Its end is reported above.
    child.stdin?.end(input);
  });
}

const missing = (program: string): OuroborosError =>
  new OuroborosError('ENOTSUP', `the key dns needs the program ${program}, which is not installed`, { field: 'dns' });

/** Dynamic DNS by the programs of BIND. [spec/wire-shims.md §5.1] */
export const bindPrograms: DynamicDns = {
  check: async () => {
    await output('nsupdate', ['-V']);
    await output('nslookup', ['-version']);
  },
  add: (server, host, record, address) => update(server, `update add ${host} ${LIFETIME_S} ${record} ${address}`),
  remove: (server, host, record) => update(server, `update delete ${host} ${record}`),
  lookup: async (server, host) => {
    const lines = (await output('nslookup', [host, server])).trim().split('\n');
    return /Address:\s*(\S+)/.exec(lines.at(-1) ?? '')?.[1];
  },
};

async function update(server: string, command: string): Promise<void> {
  await output('nsupdate', [], `server ${server}\n${command}\nsend\nquit\n`);
}
