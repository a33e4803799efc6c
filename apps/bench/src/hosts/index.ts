export { createHosts, type Hosts } from './hosts.js';
export { end, isRunning } from './end.js';
export { Host } from './host.js';
export { noNamespaces } from './namespaces.js';
export { outputOf } from './output.js';
