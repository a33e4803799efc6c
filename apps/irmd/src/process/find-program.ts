import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { OuroborosError } from '@ouroboros/model';
import { errnoOf } from './errno.js';

/** Where programs of IPCPs are looked for. */
export interface ProgramPlaces {
  /** `ipcp_path` of the configuration. */
  readonly ipcpPath: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path under which irmd itself was started (`process.argv[1]`, links not followed). */
  readonly ownProgram: string | undefined;
}

/** A program as it is to be executed. */
export interface Runnable {
  readonly path: string;
  /** A Node script: run by this process's own node, with node options of our choice. */
  readonly isNodeScript: boolean;
}

/** Names of program files that stand for `ipcpd-<type>`. */
const ENDINGS = ['', '.cjs', '.mjs', '.js'] as const;

/** Folders in the order of the search: configuration, $OUROBOROS_IPCP_PATH, beside irmd, PATH. */
export function ipcpFolders(places: ProgramPlaces): string[] {
  const beside = besideOwn(places.ownProgram);
  const folders = [
    ...places.ipcpPath,
    ...splitPath(places.env['OUROBOROS_IPCP_PATH']),
    ...beside,
    ...splitPath(places.env['PATH']),
  ];
  return [...new Set(folders.map((folder) => resolve(folder)))];
}

const besideOwn = (program: string | undefined): string[] =>
  program === undefined ? [] : [dirname(program), dirname(followLinks(program))];

/** The search path for programs to bind: PATH, then the folder of irmd, where the tools are. */
export const programPath = (path: string | undefined, ownProgram: string | undefined): string =>
  [...splitPath(path), ...besideOwn(ownProgram)].join(delimiter);

/** The program of an IPCP type. EIPCPTYPE with all places looked in when there is none. */
export function findIpcpProgram(type: string, places: ProgramPlaces): Runnable {
  const folders = ipcpFolders(places);
  const found = isTypeWord(type) ? firstRunnable(folders, `ipcpd-${type}`) : undefined;
  if (found) return found;
  throw new OuroborosError('EIPCPTYPE', `no IPCP type "${type}": no program ipcpd-${type} in ${folders.join(', ')}`, {
    field: 'type',
  });
}

export function hasIpcpProgram(type: string, places: ProgramPlaces): boolean {
  return isTypeWord(type) && firstRunnable(ipcpFolders(places), `ipcpd-${type}`) !== undefined;
}

/** An executable file given by a path, or by a name that is looked up in PATH; the result is absolute. */
export function findExecutable(nameOrPath: string, folder: string, path: string | undefined): string | undefined {
  if (nameOrPath.includes('/')) {
    const absolute = resolve(folder, nameOrPath);
    return isExecutable(absolute) ? absolute : undefined;
  }
  return splitPath(path)
    .map((place) => resolve(place, nameOrPath))
    .find(isExecutable);
}

/** A file that can be reached, links followed. */
export const isFile = (path: string): boolean =>
  unlessSystemSays(() => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false, false);

/** Type words become part of a file name; nothing that leaves the folder may pass. */
const isTypeWord = (type: string): boolean => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(type);

const splitPath = (value: string | undefined): string[] =>
  (value ?? '').split(delimiter).filter((folder) => folder !== '');

function firstRunnable(folders: readonly string[], name: string): Runnable | undefined {
  for (const folder of folders) {
    for (const ending of ENDINGS) {
      const path = join(folder, name + ending);
      if (!isFile(path)) continue;
      const isNodeScript = ending !== '' || isScriptOfNode(path);
      if (isNodeScript || isExecutable(path)) return { path, isNodeScript };
    }
  }
  return undefined;
}

function isScriptOfNode(path: string): boolean {
  return /\.[cm]?js$/.test(followLinks(path)) || /^#!.*\bnode\b/.test(firstBytes(path));
}

function firstBytes(path: string): string {
  const read = (): string => {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(64);
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return buffer.toString('latin1', 0, length).split('\n', 1)[0]!;
    } finally {
      closeSync(file);
    }
  };
  return unlessSystemSays(read, '');
}

function isExecutable(path: string): boolean {
  const check = (): boolean => {
    accessSync(path, constants.X_OK);
    return true;
  };
  return isFile(path) && unlessSystemSays(check, false);
}

const followLinks = (path: string): string => unlessSystemSays(() => realpathSync(path), path);

/** The result, or `otherwise` where the system refuses (no such file, no permission). */
function unlessSystemSays<T>(attempt: () => T, otherwise: T): T {
  try {
    return attempt();
  } catch (thrown) {
    if (errnoOf(thrown) !== undefined) return otherwise;
    throw thrown;
  }
}
