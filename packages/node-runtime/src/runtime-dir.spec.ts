import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelPath, ensureRuntimeDir, irmSocketPath, runtimeDir } from './runtime-dir.js';

const isRoot = process.geteuid?.() === 0;
const FIELD = 'OUROBOROS_RUNTIME_DIR';
const mode = (path: string): number => statSync(path).mode & 0o777;
const refusal = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('The runtime directory', () => {
  let base: string;
  beforeEach(() => (base = mkdtempSync(join(tmpdir(), 'ob-dir-'))));
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('is what OUROBOROS_RUNTIME_DIR says, made absolute', () => {
    expect(runtimeDir({ OUROBOROS_RUNTIME_DIR: '/a/b/../c' })).toBe('/a/c');
    expect(runtimeDir({ OUROBOROS_RUNTIME_DIR: 'x' })).toBe(join(process.cwd(), 'x'));
  });

  it('has a default that depends on the user', () => {
    const root = '/run/ouroboros';
    expect(runtimeDir({ XDG_RUNTIME_DIR: '/run/user/5' })).toBe(isRoot ? root : '/run/user/5/ouroboros');
    expect(runtimeDir({})).toBe(isRoot ? root : `/tmp/ouroboros-${process.geteuid?.()}`);
  });

  it('is made with its parents, for its owner alone', () => {
    const dir = join(base, 'x', 'y');
    ensureRuntimeDir(dir);
    expect(mode(dir)).toBe(0o700);
    expect(mode(join(base, 'x'))).toBe(0o755);
  });

  it('is opened to a group only as far as asked, and closed again', () => {
    const gid = process.getegid?.() ?? 0;
    ensureRuntimeDir(base, { gid });
    expect(mode(base)).toBe(0o750);
    ensureRuntimeDir(base, { gid, groupWritable: true });
    expect(mode(base)).toBe(0o770);
    expect(statSync(base).gid).toBe(gid);
    chmodSync(base, 0o777);
    ensureRuntimeDir(base);
    expect(mode(base)).toBe(0o700);
  });

  it('is refused when it is a file', () => {
    writeFileSync(join(base, 'file'), '');
    expect(refusal(() => ensureRuntimeDir(join(base, 'file')))).toMatchObject({ code: 'EINVAL', field: FIELD });
    expect(refusal(() => ensureRuntimeDir(join(base, 'file', 'x')))).toMatchObject({ code: 'EINVAL', field: FIELD });
  });

  (isRoot ? it : it.skip)('is refused when another user owns it (only root can try this)', () => {
    const dir = join(base, 'theirs');
    mkdirSync(dir);
    chownSync(dir, 54_321, 54_321);
    expect(refusal(() => ensureRuntimeDir(dir))).toMatchObject({ code: 'EPERM', field: FIELD });
  });

  it('holds the sockets, whose paths must fit into the kernel’s limit', () => {
    expect(irmSocketPath('/run/ouroboros')).toBe('/run/ouroboros/irm.sock');
    expect(channelPath('/run/ouroboros', 4_194_304)).toBe('/run/ouroboros/ch.4194304');
    const longest = `/${'x'.repeat(90)}`;
    expect(irmSocketPath(longest)).toHaveLength(100);
    for (const act of [() => irmSocketPath(`${longest}y`), () => ensureRuntimeDir(`${longest}y`)])
      expect(refusal(act)).toMatchObject({
        code: 'EINVAL',
        field: FIELD,
        message: expect.stringContaining(FIELD) as string,
      });
  });
});
