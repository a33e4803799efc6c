#!/usr/bin/env node
const { existsSync } = require('node:fs');
const bundle = require('node:path').join(__dirname, '..', 'bundle', 'oip.cjs');
if (!existsSync(bundle)) {
  process.stderr.write('oip: not built yet, run "npm run build" first\n');
  process.exit(1);
}
require(bundle);
