// Specs below apps/ run real daemons against limits in real time, on machines that do other work too: a failed one is
// run again, at most twice, and what failed is printed. All other specs get one try.
if (expect.getState().testPath.includes('/apps/')) jest.retryTimes(2, { logErrorsBeforeRetry: true });
