/** What programs say of themselves: tables of options, and from these help, manual pages and completion. */
export { columns, wrap, type Row } from './columns.js';
export { completionOf, type Candidate, type Completes, type LiveKind } from './completes.js';
export { helpText } from './help-text.js';
export {
  CALL_STATUS,
  INFORMATION,
  UNREACHABLE_STATUS,
  USAGE_STATUS,
  type Manual,
  type OptionEntry,
  type OptionTable,
  type Verb,
  type VerbTable,
} from './manual.js';
export { lines, part, rows, text, type Block, type Page, type Part } from './page.js';
export { roff } from './roff.js';
export { ENVIRONMENT, toolPage } from './tool-page.js';
