#!/usr/bin/env -S node --v8-pool-size=1
const { existsSync } = require('node:fs');
const bundle = require('node:path').join(__dirname, '..', 'bundle', 'ipcpd-lossy.cjs');
if (!existsSync(bundle)) {
  process.stderr.write('ipcpd-lossy: not built yet, run "npm run build" first\n');
  process.exit(1);
}
require(bundle);
