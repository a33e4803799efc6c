/** The order in which packets leave over a link. */
export { LinkScheduler, type ScheduledFlow, type Waiter } from './link-scheduler.js';
export { QueueLimit } from './queue-limit.js';
