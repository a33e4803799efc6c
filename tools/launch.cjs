// Runs the bundle beside this file through its code cache. V8 itself refuses a cache of another version or of other flags; without
// one it compiles as ever.
'use strict';
const { readFileSync } = require('node:fs');
const v8 = require('node:v8');
const vm = require('node:vm');

// New objects get 1 MiB, as at the start, and not up to 16: packet paths make none, so there is little to gain by more.
v8.setFlagsFromString('--semi-space-growth-factor=1');

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
