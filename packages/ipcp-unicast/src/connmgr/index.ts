/** Connections to other members: OCEP, links that come back, links that fall silent. */
export { Connections, type ConnectionEvents, type LinkComponent } from './connections.js';
export { converse } from './converse.js';
export { Link } from './link.js';
