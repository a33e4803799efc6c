/** What tools share: programs that call a name, or serve one, and print what happens. */
export {
  CALL_STATUS,
  UNREACHABLE_STATUS,
  USAGE_STATUS,
  type Manual,
  type OptionTable,
  type VerbTable,
} from '@ouroboros/manual';
export { inUnits } from './byte-units.js';
export { lossPercent } from './loss-percent.js';
export { offerName } from './offer-name.js';
export { asked, qosOption, rateOption, readOptions, readWords, type Information } from './options.js';
export { Pacer, turn, type PacerOptions } from './pacer.js';
export { runTool, type Session, type Tool } from './run-tool.js';
export { sendAtRate, type Sending } from './send-at-rate.js';
export { serveFlows, type FlowServing, type ServerOutput } from './serve-flows.js';
export { encodeMessage, readableText } from './text-message.js';
