const { join } = require('node:path');
const { addPackage } = require('../workspace.cjs');

/** A program with a server and a client. */
module.exports = (tree, { name }) =>
  addPackage(tree, { name, folder: `apps/${name}`, templates: [join(__dirname, 'files')], references: [''] });
