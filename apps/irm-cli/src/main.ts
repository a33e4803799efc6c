import { constants } from 'node:os';
import { OuroborosError } from '@ouroboros/model';
import { runIrm } from './run.js';

/** How long a command may take to end by itself after an interrupt. */
const GRACE_MS = 300;

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => {
    interrupted.abort(new OuroborosError('ECANCELED', 'interrupted'));
    setTimeout(() => process.exit(128 + constants.signals[name]), GRACE_MS).unref();
  });
}

// A reader that has seen enough (`irm watch | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

void runIrm(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  // gRPC costs more than 60 ms to load: help and usage errors do without.
  open: async (node) => (await import('@ouroboros/irm/node')).openIrm(node),
  usualNode: process.env['OUROBOROS_NODE'] || undefined,
  openPki: async () => (await import('./own-pki.js')).openOwnPki(),
  openTryFlow: async () => (await import('./try-flow.js')).tryFlow,
  openJoining: async (confDir) => (await import('./own-joining.js')).openOwnJoining(confDir),
  signal: interrupted.signal,
}).then((status) => {
  process.exitCode = status;
});
