import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';

const PATIENCE_MS = 5000;

export const isRunning = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid !== undefined && exitCode === null && signalCode === null;

/** Ends a program, if need be by force; resolves when it has ended. */
export async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const hasten = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await exit;
  clearTimeout(hasten);
}
