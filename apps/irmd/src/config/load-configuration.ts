import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import { findExecutable, hasIpcpProgram, isFile, programPath, type ProgramPlaces } from '../process/find-program.js';
import { groupId } from '../process/groups.js';
import { checkRunner } from '../process/run-check.js';
import { checkIpcps } from './check-ipcps.js';
import type { Configuration, IrmdSettings } from './configuration.js';
import { EMPTY_CONFIGURATION } from './configuration.js';
import type { Fault } from './fault.js';
import { readConfiguration } from './read-configuration.js';

export interface Loaded {
  /** Usable only when there are no faults. */
  readonly configuration: Configuration;
  readonly faults: readonly Fault[];
}

/** Where programs are with these settings. */
export const placesFor = (settings: IrmdSettings): ProgramPlaces => ({
  ipcpPath: settings.ipcp_path,
  env: process.env,
  ownProgram: process.argv[1],
});

/** Reads a configuration file and lets the programs of its IPCPs check their part: all faults at once. Never rejects. */
export async function loadConfiguration(file: string): Promise<Loaded> {
  const text = readText(file);
  if (text instanceof OuroborosError)
    return { configuration: EMPTY_CONFIGURATION, faults: [{ path: '', message: text.message }] };
  const folder = dirname(resolve(file));
  const searchPath = programPath(process.env['PATH'], process.argv[1]);
  const { configuration, faults } = readConfiguration(text, {
    env: process.env,
    folder,
    isFile,
    findProgram: (program) => findExecutable(program, folder, searchPath),
    hasGroup: (group) => groupId(group) !== undefined,
    hasIpcpProgram: (type, settings) => hasIpcpProgram(type, placesFor(settings)),
  });
  const ipcpFaults = await checkIpcps(configuration, checkRunner(placesFor(configuration.irmd)));
  return { configuration, faults: [...faults, ...ipcpFaults] };
}

function readText(file: string): string | OuroborosError {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    return toOuroborosError(thrown, 'ENOENT');
  }
}
