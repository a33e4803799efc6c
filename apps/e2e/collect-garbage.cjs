// Preloaded into a program by a spec that looks for leaks: at SIGUSR2 it drops all garbage, and writes how many kB of memory
// it still has to itself into `own-memory.<pid>` in its runtime directory.
'use strict';

/** What one collection leaves behind, finalizers and pages that became empty, goes with the next ones. */
const COLLECTIONS = 3;

process.on('SIGUSR2', async () => {
  const { readFileSync, renameSync, writeFileSync } = require('node:fs');
  require('node:v8').setFlagsFromString('--expose-gc');
  const collect = require('node:vm').runInNewContext('gc');
  for (let i = 0; i < COLLECTIONS; i += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const parts = readFileSync('/proc/self/smaps_rollup', 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm);
  const file = `${process.env.OUROBOROS_RUNTIME_DIR}/own-memory.${process.pid}`;
  writeFileSync(`${file}.part`, `${[...parts].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0)}`);
  renameSync(`${file}.part`, file);
});
