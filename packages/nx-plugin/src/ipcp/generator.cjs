const { join } = require('node:path');
const { addPackage } = require('../workspace.cjs');

/** A package with a shim that works at once, over UDP datagrams in place of its own network. */
module.exports = (tree, { name }) =>
  addPackage(tree, {
    name,
    folder: `packages/ipcp-${name}`,
    templates: [join(__dirname, 'files')],
    references: ['', 'tsconfig.node.json'],
  });
