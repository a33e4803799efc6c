import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  identifyProcess,
  parseProcessStat,
  processAlive,
  processStat,
  processUid,
  sameProcessAlive,
} from './process-info.js';
import { spawnChild, type ChildHandle, type SpawnOptions } from './spawn.js';

const NO_SUCH_PID = 4_194_305;
const sleeper: SpawnOptions = { command: 'sleep', args: ['60'], logFd: null };

describe('spawnChild', () => {
  it('answers the exit code of a child, which it reaps', async () => {
    const child = await spawnChild({ command: 'sh', args: ['-c', 'exit 7'], logFd: null });
    expect(await child.exit).toEqual({ code: 7, signal: null });
    expect(processStat(child.pid)).toBeUndefined();
    expect(child.kill('SIGTERM')).toBe(false);
  });

  it('answers the signal that ended a child', async () => {
    const child = await spawnChild(sleeper);
    expect(child.kill('SIGKILL')).toBe(true);
    expect(await child.exit).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('starts the child in a session of its own', async () => {
    const child = await spawnChild(sleeper);
    const session = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
    child.kill('SIGKILL');
    await child.exit;
    expect(Number(session)).toBe(child.pid);
  });

  it('gives the child its environment, directory and log', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ob-spawn-'));
    const logFd = openSync(join(dir, 'log'), 'a');
    const args = ['-c', 'echo "$COLOUR $PWD $HOME"; echo err >&2'];
    const child = await spawnChild({ command: '/bin/sh', args, env: { COLOUR: 'red' }, cwd: dir, logFd });
    await child.exit;
    closeSync(logFd);
    expect(readFileSync(join(dir, 'log'), 'utf8')).toBe(`red ${dir} \nerr\n`);
    rmSync(dir, { recursive: true });
  });

  it('names a program that is not there or may not be run', async () => {
    const start = (command: string): Promise<ChildHandle> => spawnChild({ ...sleeper, command });
    await expect(start('/no/such/program')).rejects.toMatchObject({ code: 'ENOENT', field: 'command' });
    await expect(start('/etc')).rejects.toMatchObject({ code: 'EACCES', field: 'command' });
  });
});

describe('What /proc tells', () => {
  it('tells living processes from others', () => {
    expect(processAlive(process.pid)).toBe(true);
    for (const pid of [NO_SUCH_PID, 0, -1, 1.5, Number.NaN]) expect(processAlive(pid)).toBe(false);
  });

  it('takes a process that is dead and not yet reaped for dead', async () => {
    const script = 'sleep 0 & echo $!; exec sleep 60';
    const dir = mkdtempSync(join(tmpdir(), 'ob-zombie-'));
    const logFd = openSync(join(dir, 'log'), 'a');
    const parent = await spawnChild({ command: '/bin/sh', args: ['-c', script], logFd });
    const zombie = await new Promise<number>((resolve) => {
      const look = (): void => {
        const pid = Number(readFileSync(join(dir, 'log'), 'utf8'));
        if (pid && processStat(pid)?.state === 'Z') resolve(pid);
        else setImmediate(look);
      };
      look();
    });
    expect(processAlive(zombie)).toBe(false);
    parent.kill('SIGKILL');
    await parent.exit;
    closeSync(logFd);
    rmSync(dir, { recursive: true });
  });

  it('tells a process from a later one with its number', () => {
    const self = identifyProcess(process.pid)!;
    expect(sameProcessAlive(self)).toBe(true);
    expect(sameProcessAlive({ ...self, startTime: self.startTime - 1 })).toBe(false);
    expect(identifyProcess(NO_SUCH_PID)).toBeUndefined();
  });

  it('reads the file whatever the program is called', () => {
    const fields = ['S', '42', ...Array.from({ length: 17 }, () => '0'), '987654', '0'].join(' ');
    expect(parseProcessStat(`7 (evil) R 1 (x) ${fields}`)).toEqual({ state: 'S', parent: 42, startTime: 987_654 });
    for (const text of ['', '7', '7 (x)', '7 (x) S', '7 (x) S a b c']) expect(parseProcessStat(text)).toBeUndefined();
  });

  it('tells the user of a process', () => {
    expect(processUid(process.pid)).toBe(process.geteuid?.());
    expect(processUid(NO_SUCH_PID)).toBeUndefined();
  });
});
