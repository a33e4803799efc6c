import { toOuroborosError } from '@ouroboros/model';
import type { RunCheck } from '../config/check-ipcps.js';
import { findIpcpProgram, type ProgramPlaces } from './find-program.js';
import { commandOf } from './node-host.js';
import { runToEnd } from './run-to-end.js';

/** Runs the check of IPCP programs as processes. */
export const checkRunner =
  (places: ProgramPlaces): RunCheck =>
  async (type, name, input) => {
    try {
      const [command, args] = commandOf(findIpcpProgram(type, places), ['--name', name, '--check-config']);
      return await runToEnd(command, args, input);
    } catch (thrown) {
      return { status: null, stdout: '', stderr: toOuroborosError(thrown).message };
    }
  };
