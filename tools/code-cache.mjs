// Makes the code cache of a bundle: node tools/code-cache.mjs <bundle without ending> [argument...]. Runs the program once, on a
// node that is not there, and keeps what V8 compiled until its end: nearly all that its next start needs. A daemon is ended
// after two seconds.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import vm from 'node:vm';

const LIMIT_MS = 2000;

const [bundle, ...args] = process.argv.slice(2);
const usual = basename(bundle).startsWith('ipcpd-') ? ['--name', 'any', '--orphan-timeout', '1'] : ['--version'];
const home = mkdtempSync(join(tmpdir(), 'ouroboros-'));
Object.assign(process.env, { OUROBOROS_RUNTIME_DIR: home, OUROBOROS_CONF_DIR: home });
process.argv = [process.argv[0], `${bundle}.cjs`, ...(args.length > 0 ? args : usual)];

let script;
vm.Script = class extends vm.Script {
  constructor(...options) {
    super(...options);
    script ??= this;
  }
};
process.on('exit', () => {
  writeFileSync(`${bundle}.cache`, script.createCachedData());
  rmSync(home, { recursive: true, force: true });
  process.exitCode = 0;
});
const end = () => (process.listenerCount('SIGTERM') > 0 ? process.kill(process.pid, 'SIGTERM') : process.exit());
setTimeout(end, LIMIT_MS).unref();
createRequire(import.meta.url)(`${bundle}.cjs`);
