import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BIN } from './programs.js';

/** Says of the bundle that is loaded whether V8 refused its cache. */
const WITNESS = `
  const vm = require('node:vm');
  vm.Script = class extends vm.Script {
    constructor(...options) {
      super(...options);
      console.log('refused: ' + this.cachedDataRejected);
    }
  };
  process.argv.splice(1, 0, process.env.BUNDLE);
  require(process.env.BUNDLE);
`;

const bundleOf = (program: string): string =>
  join(dirname(realpathSync(join(BIN, program))), '..', 'bundle', `${program}.cjs`);

describe('the code cache of a program', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'oro-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The program without its cache. */
  function copy(program: string): string {
    for (const ending of ['cjs', 'js'])
      copyFileSync(bundleOf(program).replace(/cjs$/, ending), join(folder, `${program}.${ending}`));
    return join(folder, program);
  }
  const version = (program: string): string =>
    execFileSync(process.execPath, [`${program}.cjs`, '--version'], { encoding: 'utf8' });

  it.each(['irmd', 'irm', 'oping', 'ipcpd-unicast', 'ipcpd-udp4'])('is there for %s, and V8 takes it', (program) => {
    const said = execFileSync(process.execPath, ['-e', WITNESS, '--', '--version'], {
      encoding: 'utf8',
      env: { ...process.env, BUNDLE: bundleOf(program) },
    });
    expect(said).toMatch(/^refused: false\n/);
  });

  it('may be missing', () => {
    expect(version(copy('irm'))).toMatch(/version/);
  });

  it('may be of something else', () => {
    const program = copy('ipcpd-local');
    writeFileSync(`${program}.cache`, 'not what V8 wrote');
    expect(version(program)).toMatch(/^ipcpd-local/);
  });
});
