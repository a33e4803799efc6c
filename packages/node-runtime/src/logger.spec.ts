import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OuroborosError } from '@ouroboros/model';
import { createLogger, levelOf } from './logger.js';
import { PrettyStream } from './pretty-stream.js';

describe('The log', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ob-log-'));
    file = join(dir, 'sub', 'log');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const lines = (): Record<string, unknown>[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('is one JSON object per line, written at once, with program, time, level and fields', () => {
    const log = createLogger({ program: 'irmd', level: 'debug', file });
    log.child({ id: '0123456789abcdef' }).log('info', 'flow allocated', { flowId: 7 });
    log.log('trace', 'not written');
    log.log('error', 'plain');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        program: 'irmd',
        pid: process.pid,
        id: '0123456789abcdef',
        flowId: 7,
        msg: 'flow allocated',
      },
      expect.objectContaining({ level: 'error', msg: 'plain' }),
    ]);
    expect(log.enabled('debug')).toBe(true);
    expect(log.enabled('trace')).toBe(false);
  });

  it('shows bytes, big numbers and errors in a form that can be read', () => {
    const error = new OuroborosError('ENAME', 'no such name', { field: 'name', stage: 'layer' });
    const log = createLogger({ program: 'x', file });
    log.log('warn', 'm', { hash: Uint8Array.of(0xde, 0xad), big: 2n ** 64n, error, other: new Error('boo') });
    expect(lines()[0]).toMatchObject({
      hash: 'dead',
      big: '18446744073709551616',
      error: { code: 'ENAME', message: 'no such name', field: 'name', stage: 'layer' },
      other: { message: 'boo' },
    });
  });

  it('takes its level from the environment, and refuses an unknown one', () => {
    expect([levelOf(undefined), levelOf(''), levelOf('trace')]).toEqual(['info', 'info', 'trace']);
    const error = expect.objectContaining({ code: 'EINVAL', field: 'OUROBOROS_LOG' }) as Error;
    expect(() => levelOf('loud')).toThrow(error);
    expect(() => levelOf('loud')).toThrow('trace, debug, info, warn, error');
  });

  it('is text for people where that is wanted, in order, also of the lines before the formatter is loaded', async () => {
    const path = join(dir, 'text');
    const stream = new PrettyStream(path, false);
    const line = (n: number): string =>
      `${JSON.stringify({ level: 'info', program: 'irmd', pid: 5, msg: `line ${n}` })}\n`;
    stream.write(line(1));
    stream.write(line(2));
    await stream.loaded;
    stream.write(line(3));
    const text = readFileSync(path, 'utf8').trim().split('\n');
    expect(text).toHaveLength(3);
    text.forEach((written, i) => expect(written).toContain(`irmd[5]: line ${i + 1}`));
  });
});
