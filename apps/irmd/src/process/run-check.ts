import { spawn } from 'node:child_process';
import { toOuroborosError } from '@ouroboros/model';
import type { CheckOutcome, RunCheck } from '../config/check-ipcps.js';
import { findIpcpProgram, type ProgramPlaces } from './find-program.js';
import { commandOf } from './node-host.js';

/** A program that has not checked its configuration by then is killed, in ms. */
const LONGEST_CHECK_MS = 15_000;
/** Longer output is cut off, in bytes; a megabyte holds more faults than anyone reads. */
const LONGEST_OUTPUT = 1 << 20;

/** Runs the check of IPCP programs as processes. */
export const checkRunner =
  (places: ProgramPlaces): RunCheck =>
  async (type, name, input) => {
    try {
      const [command, args] = commandOf(findIpcpProgram(type, places), ['--name', name, '--check-config']);
      return await run(command, args, input);
    } catch (thrown) {
      return { status: null, stdout: '', stderr: toOuroborosError(thrown).message };
    }
  };

function run(command: string, args: readonly string[], input: string): Promise<CheckOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe', timeout: LONGEST_CHECK_MS, killSignal: 'SIGKILL' });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (output[stream].length < LONGEST_OUTPUT) output[stream] += text;
      });
    }
    // A program that ends without reading its input says so by its exit status.
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...output }));
    child.stdin.end(input);
  });
}
