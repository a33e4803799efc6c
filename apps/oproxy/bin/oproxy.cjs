#!/usr/bin/env node
const { existsSync } = require('node:fs');
const bundle = require('node:path').join(__dirname, '..', 'bundle', 'oproxy.cjs');
if (!existsSync(bundle)) {
  process.stderr.write('oproxy: not built yet, run "npm run build" first\n');
  process.exit(1);
}
require(bundle);
