/** The suite that every IPCP package must pass, in virtual time and with real daemons. */
export { conformanceCases, conformanceSuite, type ConformanceOptions, type SuiteRunner } from './conformance-suite.js';
export { RETURN_NAME, SERVED_NAMES } from './conformance-names.js';
export { broadcastPlan, ethPlan, localPlan, udpPlan, unicastPlan } from './layer-plans.js';
export { setUp, type IpcpPlan, type LayerPlan } from './layer-plan.js';
export { Mailbox } from './mailbox.js';
export { VirtualWorld } from './virtual-world.js';
export type { World, WorldAllocOptions, WorldHost, WorldServer, WorldVictim } from './world.js';
