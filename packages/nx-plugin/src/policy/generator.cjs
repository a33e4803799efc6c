const { join } = require('node:path');
const { addPackage } = require('../workspace.cjs');

/** A package with a policy that ipcpd-unicast finds beside itself. */
module.exports = (tree, { name, kind = 'routing', number = 128 }) =>
  addPackage(tree, {
    name,
    folder: `packages/policy-${name}`,
    templates: [join(__dirname, 'files'), join(__dirname, kind)],
    references: [''],
    words: { kind, number },
  });
