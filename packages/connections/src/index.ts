/** Connections to other members: OCEP, links that come back, links that fall silent; and enrollment. */
export { Connections, type ConnectionEvents, type ConnectionsParts, type LinkComponent } from './connections.js';
export { enrollWith, handOver, type NewcomerParts } from './enroll.js';
export type { LostLink } from './lost-links.js';
export { LinkMetrics } from './link-metrics.js';
export { checkMember, type MemberDemand } from './member-demand.js';
export { Link, SILENCE_LIMIT_MS, linkExtension } from './link.js';
