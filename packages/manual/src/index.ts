/** What programs say of themselves: tables of options, and from these help, manual pages and completion. */
export { LIVE_KINDS, completionOf, type Candidate, type Completes, type LiveKind, type PathKind } from './completes.js';
export { columns, wrap, type Row } from './columns.js';
