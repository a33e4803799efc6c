/** The triangle of `npm start`, for the program and for end-to-end specs. */
export { checkTriangle, GAP_LIMIT_MS, type CheckResult } from './check.js';
export { Interrupted, interruption } from './interruption.js';
export { installed, notInstalled } from './installed.js';
export { DemoNode, type NodePlan } from './demo-node.js';
export { longestGap, startPinging, type PingRun } from './ping.js';
export { binFolder, nodeEnvironment } from './programs.js';
export { Triangle, type TriangleOptions } from './triangle.js';
