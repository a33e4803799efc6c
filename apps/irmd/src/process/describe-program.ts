import { OuroborosError } from '@ouroboros/model';
import type { ConfigKey, IpcpTypeInfo } from '@ouroboros/ports';
import { findIpcpProgram, type ProgramPlaces } from './find-program.js';
import { commandOf } from './node-host.js';
import { runToEnd } from './run-to-end.js';

/** Asks the program of an IPCP type what it is. EIPCPTYPE when there is none, EIPCP when it does not say. */
export async function describeProgram(type: string, places: ProgramPlaces): Promise<IpcpTypeInfo> {
  const program = findIpcpProgram(type, places);
  const { status, stdout, stderr } = await runToEnd(...commandOf(program, ['--describe']), '');
  const info = status === 0 ? readInfo(stdout) : undefined;
  if (info) return info;
  const words = stderr.trim().split('\n', 1)[0] || 'what it printed is no description';
  throw new OuroborosError(
    'EIPCP',
    `${program.path} does not describe itself (exit status ${status ?? 'none'}): ${words}`,
  );
}

function readInfo(text: string): IpcpTypeInfo | undefined {
  const value = parseJson(text);
  if (!isRecord(value) || !Array.isArray(value['operations']) || !Array.isArray(value['keys'])) return undefined;
  const { type, rank, operations, keys } = value;
  if (typeof type !== 'string' || !Number.isInteger(rank)) return undefined;
  return { type, rank: rank as number, operations: operations.map(String), keys: keys.filter(isRecord).map(keyOf) };
}

const keyOf = ({ key, legal, help, required, fallback }: Record<string, unknown>): ConfigKey => ({
  key: String(key),
  legal: String(legal ?? ''),
  help: String(help ?? ''),
  required: required === true,
  fallback: String(fallback ?? ''),
});

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
