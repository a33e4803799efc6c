import { errnoOf } from './errno.js';

type Send = (pid: number, signal: NodeJS.Signals) => void;

const sendSignal: Send = (pid, signal) => void process.kill(pid, signal);

/**
 * Signals one process that is not our child: an earlier daemon started it, or somebody by hand. Harmless when it is gone
 * or beyond our rights. Nothing is sent to 0 (a pid that is not known) and below, which to the system are whole groups of
 * processes, ours among them.
 */
export function signalProcess(pid: number, signal: NodeJS.Signals, send = sendSignal): void {
  if (pid <= 0) return;
  try {
    send(pid, signal);
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
  }
}
