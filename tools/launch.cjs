// Runs the bundle beside this file through its code cache. V8 itself refuses a cache of another version or of other flags; without
// one it compiles as ever.
'use strict';
const { readFileSync } = require('node:fs');
const v8 = require('node:v8');
const vm = require('node:vm');

// New objects of a daemon get 1 MiB, as at its start, and not up to 16. V8 takes no cache of another set of flags, that of Node's own modules
// neither: those that each daemon needs come before.
if (/\/(irmd|ipcpd-[^/]+)\.cjs$/.test(__filename)) {
  require('node:http2');
  require('node:child_process');
  require('node:dgram');
  require('node:worker_threads');
  v8.setFlagsFromString('--semi-space-growth-factor=1');
}

const code = __filename.replace(/cjs$/, 'js');

function cacheIfAny() {
  try {
    return readFileSync(__filename.replace(/cjs$/, 'cache'));
  } catch {
    return undefined;
  }
}

const script = new vm.Script(readFileSync(code, 'latin1'), { filename: code, cachedData: cacheIfAny() });
script.runInThisContext()(exports, require, module, code, __dirname);
