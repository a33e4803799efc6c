import type { FlowService } from '@ouroboros/ports';
import type { ProcessSession } from '@ouroboros/rpc';

/** The session of a process whose calls go through what `wrap` makes of the service. */
export const wrappedSession = (
  session: ProcessSession,
  wrap: (service: FlowService) => FlowService,
): ProcessSession => ({
  caller: session.caller,
  announcement: session.announcement,
  serve: (service) => session.serve(wrap(service)),
  flowDown: (flowId) => session.flowDown(flowId),
  onClose: (callback) => session.onClose(callback),
  close: () => session.close(),
});
