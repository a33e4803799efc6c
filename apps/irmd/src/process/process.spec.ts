import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OuroborosError } from '@ouroboros/model';
import { NodeClock } from '@ouroboros/node-runtime';
import { sweepChannelSockets } from './channel-sockets.js';
import { describeProgram } from './describe-program.js';
import { findExecutable, findIpcpProgram, hasIpcpProgram, ipcpFolders, programPath } from './find-program.js';
import { groupId, parseGroups } from './groups.js';
import { lockFilePath, readOwner, takeLock } from './lock-file.js';
import { openLogFile } from './log-files.js';
import { commandOf } from './node-host.js';
import { checkRunner } from './run-check.js';
import { signalProcess } from './signal-process.js';
import { StartedPrograms } from './started-programs.js';
import { StateFile } from './state-file.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'irmd-'))));
afterEach(() => rmSync(dir, { recursive: true }));

const place = (folder: string, name: string, text: string, mode = 0o755): string => {
  mkdirSync(join(dir, folder), { recursive: true });
  const path = join(dir, folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};

/** The pid of a process that has ended and was reaped. */
const deadPid = async (): Promise<number> => {
  const child = spawn('/bin/true');
  await once(child, 'exit');
  return child.pid!;
};

describe('the description of an IPCP type', () => {
  const describeIn = (type: string) =>
    describeProgram(type, { ipcpPath: [join(dir, 'p')], env: {}, ownProgram: undefined });

  it('is what its program prints', async () => {
    const key = { key: 'loft', legal: 'a path', help: '', required: true, fallback: '' };
    const info = { type: 'carrier', rank: 45, operations: ['bootstrap'], keys: [key] };
    place('p', 'ipcpd-carrier', `#!/bin/sh\n[ "$*" = --describe ] && echo '${JSON.stringify(info)}'\n`);
    expect(await describeIn('carrier')).toEqual(info);
  });

  it.each([
    ["echo '{}'", 'what it printed is no description'],
    ['echo what', 'what it printed is no description'],
    ['echo "no such option" >&2; exit 2', '(exit status 2): no such option'],
  ])('is refused from a program that does %s', async (script, words) => {
    place('p', 'ipcpd-odd', `#!/bin/sh\n${script}\n`);
    await expect(describeIn('odd')).rejects.toMatchObject({ code: 'EIPCP', message: expect.stringContaining(words) });
    await expect(describeIn('none')).rejects.toMatchObject({ code: 'EIPCPTYPE', field: 'type' });
  });
});

describe('the search for the program of an IPCP type', () => {
  const places = (own?: string) => ({
    ipcpPath: [join(dir, 'configured')],
    env: { OUROBOROS_IPCP_PATH: `${join(dir, 'env1')}:${join(dir, 'env2')}`, PATH: `/nowhere:${join(dir, 'path')}` },
    ownProgram: own,
  });

  it('goes through configuration, environment, the folder of irmd and of what it links to, and PATH, in this order', () => {
    const target = place('real', 'irmd.cjs', '');
    mkdirSync(join(dir, 'bin'));
    symlinkSync(target, join(dir, 'bin', 'irmd'));
    const folders = ipcpFolders(places(join(dir, 'bin', 'irmd')));
    const names = ['configured', 'env1', 'env2', 'bin', 'real'].map((name) => join(dir, name));
    expect(folders).toEqual([...names, '/nowhere', join(dir, 'path')]);
  });

  it('takes the first that is found', () => {
    const last = place('path', 'ipcpd-x', '#!/bin/sh\n');
    expect(findIpcpProgram('x', places())).toEqual({ path: last, isNodeScript: false });
    const first = place('env2', 'ipcpd-x', '#!/bin/sh\n');
    expect(findIpcpProgram('x', places())).toEqual({ path: first, isNodeScript: false });
  });

  it('knows Node scripts by their ending, by their first line, and through links', () => {
    const bundle = place('env1', 'ipcpd-a.cjs', '', 0o644);
    expect(findIpcpProgram('a', places())).toEqual({ path: bundle, isNodeScript: true });
    const shebang = place('env1', 'ipcpd-b', '#!/usr/bin/env node\n');
    expect(findIpcpProgram('b', places())).toEqual({ path: shebang, isNodeScript: true });
    symlinkSync(bundle, join(dir, 'env1', 'ipcpd-c'));
    expect(findIpcpProgram('c', places())).toEqual({ path: join(dir, 'env1', 'ipcpd-c'), isNodeScript: true });
  });

  it('runs Node scripts with few threads and others as they are', () => {
    expect(commandOf({ path: '/p', isNodeScript: true }, ['--name', 'n'])).toEqual([
      process.execPath,
      ['--v8-pool-size=1', '/p', '--name', 'n'],
    ]);
    expect(commandOf({ path: '/p', isNodeScript: false }, ['a'])).toEqual(['/p', ['a']]);
  });

  it('passes over folders, files that cannot be executed, and links to nothing', () => {
    mkdirSync(join(dir, 'configured', 'ipcpd-x'), { recursive: true });
    place('env1', 'ipcpd-x', 'data', 0o644);
    mkdirSync(join(dir, 'env2'));
    symlinkSync('/nowhere/at/all', join(dir, 'env2', 'ipcpd-x'));
    expect(hasIpcpProgram('x', places())).toBe(false);
  });

  it('names all places when there is none, and never leaves them', () => {
    place('.', 'ipcpd-x', '#!/bin/sh\n');
    for (const type of ['x', '../ipcpd-x', '', 'a/b']) {
      expect(() => findIpcpProgram(type, places())).toThrow(
        expect.objectContaining({
          code: 'EIPCPTYPE',
          field: 'type',
          message: expect.stringContaining(join(dir, 'env2')),
        }),
      );
    }
  });

  it('finds programs to bind by path, relative path and in PATH', () => {
    const path = place('path', 'serve', '#!/bin/sh\n');
    expect(findExecutable('serve', '/', join(dir, 'path'))).toBe(path);
    expect(findExecutable('./path/serve', dir, '')).toBe(path);
    expect(findExecutable(path, '/', undefined)).toBe(path);
    expect(findExecutable('serve', dir, '/nowhere')).toBeUndefined();
    expect(findExecutable('serve', '/', programPath('/nowhere', join(dir, 'path', 'irmd')))).toBe(path);
    expect(findExecutable(place('path', 'data', '', 0o644), '/', '')).toBeUndefined();
  });
});

describe('the check of an IPCP configuration', () => {
  const run = (script: string) => {
    place('bin', 'ipcpd-t', `#!/bin/sh\n${script}\n`);
    return checkRunner({ ipcpPath: [join(dir, 'bin')], env: {}, ownProgram: undefined });
  };

  it('gives the program its configuration and takes its output and exit status', async () => {
    const check = run('echo "$@"; cat; echo oops >&2; exit 1');
    expect(await check('t', 'n 1', '{"a":1}')).toEqual({
      status: 1,
      stdout: '--name n 1 --check-config\n{"a":1}',
      stderr: 'oops\n',
    });
  });

  it('survives a program that reads nothing, is killed, or is not there', async () => {
    expect(await run('exit 0')('t', 'n', 'x'.repeat(1 << 20))).toMatchObject({ status: 0 });
    expect(await run('kill -9 $$')('t', 'n', '')).toMatchObject({ status: null });
    expect(await run('')('other', 'n', '')).toMatchObject({
      status: null,
      stderr: expect.stringContaining('no IPCP type "other"'),
    });
  });
});

describe('the lock file', () => {
  it('lets one daemon in and is gone after release', () => {
    const lock = takeLock(dir);
    expect(readOwner(lockFilePath(dir))?.pid).toBe(process.pid);
    expect(() => takeLock(dir)).toThrow(
      expect.objectContaining({ code: 'EEXIST', message: expect.stringContaining('already running') }),
    );
    expect(readdirSync(dir)).toEqual(['irmd.pid']);
    lock.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is taken over from a dead process, from one whose pid is in use again, and from nonsense', async () => {
    for (const left of [`${await deadPid()} 77\n`, `${process.pid} 1\n`, 'garbage', '']) {
      writeFileSync(lockFilePath(dir), left);
      takeLock(dir).release();
      expect(existsSync(lockFilePath(dir))).toBe(false);
    }
  });

  it('leaves alone a lock that is another process’s by now', () => {
    const lock = takeLock(dir);
    writeFileSync(lockFilePath(dir), '1 1\n');
    lock.release();
    expect(existsSync(lockFilePath(dir))).toBe(true);
  });
});

describe('the state file', () => {
  it('keeps the last state for the next daemon, atomically, and nothing after it was removed', async () => {
    const file = new StateFile(dir);
    const bad: string[] = [];
    const read = () => new StateFile(dir).read((reason) => bad.push(reason));
    expect(read()).toBeUndefined();
    await file.write({ a: 1 });
    await file.write({ a: 2 });
    expect(read()).toEqual({ a: 2 });
    const late = file.write({ a: 3 });
    await file.remove();
    await late;
    await file.write({ a: 4 });
    expect(readdirSync(dir)).toEqual([]);
    expect(bad).toEqual([]);
  });

  it('says when it makes no sense', () => {
    const bad: string[] = [];
    for (const text of ['{', '[]', '7']) {
      writeFileSync(join(dir, 'irmd.state.json'), text);
      expect(new StateFile(dir).read((reason) => bad.push(reason))).toBeUndefined();
    }
    expect(bad).toHaveLength(3);
  });
});

describe('programs that a daemon started', () => {
  const noFault = (reason: string): void => {
    throw new Error(reason);
  };
  const start = (): ChildProcess => spawn('/bin/sleep', ['30'], { stdio: 'ignore' });

  it('are ended by the next daemon, but never another process with the same pid', async () => {
    const [ours, innocent] = [start(), start()];
    new StartedPrograms(dir, noFault).started(ours.pid!);
    appendFileSync(join(dir, 'irmd.programs'), `${innocent.pid} 1\n${await deadPid()} 7\n`);
    const next = new StartedPrograms(dir, noFault);
    expect(next.pids).toEqual([ours.pid]);
    const ended = once(ours, 'exit');
    await next.endAll(new NodeClock());
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
    innocent.kill('SIGKILL');
    next.forget();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('are known also while the list of them cannot be written', () => {
    const reasons: string[] = [];
    const programs = new StartedPrograms(join(dir, 'nowhere'), (reason) => reasons.push(reason));
    programs.started(process.pid);
    expect(programs.pids).toEqual([process.pid]);
    programs.ended(process.pid);
    expect(programs.pids).toEqual([]);
    expect(reasons).toEqual([expect.stringContaining('ENOENT'), expect.stringContaining('ENOENT')]);
  });

  it('are forgotten when they end', () => {
    const programs = new StartedPrograms(dir, noFault);
    programs.started(process.pid);
    programs.ended(process.pid);
    expect(new StartedPrograms(dir, noFault).pids).toEqual([]);
  });
});

describe('files of the runtime directory', () => {
  it('are logs named after IPCPs, whatever the names hold', () => {
    for (const name of ['uni-1', '../up', 'a/b', '.hidden']) writeFileSync(openLogFile(dir, name), name);
    const logs = readdirSync(join(dir, 'log')).sort();
    expect(logs).toEqual(['%2E.%2Fup.log', '%2Ehidden.log', 'a%2Fb.log', 'uni-1.log']);
    expect(readFileSync(join(dir, 'log', 'a%2Fb.log'), 'utf8')).toBe('a/b');
  });

  it('are swept of the sockets of dead processes only', async () => {
    const dead = await deadPid();
    for (const name of [`ch.${dead}`, `ch.${process.pid}`, 'ch.', 'chx.1', `ch.${dead}.sock`])
      writeFileSync(join(dir, name), '');
    expect(sweepChannelSockets(dir).sort()).toEqual([`ch.${dead}`, `ch.${dead}.sock`]);
    expect(readdirSync(dir).sort()).toEqual(['ch.', `ch.${process.pid}`, 'chx.1'].sort());
  });
});

describe('the sweep of sockets', () => {
  it('leaves what it may not remove, and needs no directory', async () => {
    const dead = await deadPid();
    for (const name of [`ch.${dead}`, `ch.${dead}.theirs`]) writeFileSync(join(dir, name), '');
    const remove = (path: string): void => {
      if (path.endsWith('theirs')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
      rmSync(path);
    };
    expect(sweepChannelSockets(dir, remove)).toEqual([`ch.${dead}`]);
    expect(readdirSync(dir)).toEqual([`ch.${dead}.theirs`]);
    expect(sweepChannelSockets(join(dir, 'nowhere'))).toEqual([]);
  });
});

describe('signals to processes that are no children', () => {
  it('never go to a whole group of processes, and may come too late', () => {
    const sent: number[] = [];
    for (const pid of [0, -1, -process.pid, 7]) signalProcess(pid, 'SIGKILL', (to) => void sent.push(to));
    expect(sent).toEqual([7]);
    const gone = (): never => {
      throw Object.assign(new Error('ESRCH'), { code: 'ESRCH' });
    };
    expect(() => signalProcess(7, 'SIGKILL', gone)).not.toThrow();
  });

  it('reach them', async () => {
    const child = spawn('/bin/sleep', ['30'], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    signalProcess(child.pid!, 'SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
  });
});

describe('groups', () => {
  it('are found by name and by number', () => {
    expect(parseGroups('root:x:0:\nnet:x:70:a,b\n\n')).toEqual(
      new Map([
        ['root', 0],
        ['net', 70],
      ]),
    );
    expect(groupId('70')).toBe(70);
    expect(groupId('root')).toBe(0);
    expect(groupId('no such group')).toBeUndefined();
  });

  it('are a caller’s mistake only as errors of ours', () => {
    expect(() => findIpcpProgram('none', { ipcpPath: [], env: {}, ownProgram: undefined })).toThrow(OuroborosError);
  });
});
