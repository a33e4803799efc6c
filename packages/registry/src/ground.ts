import type { IpcpTable } from './ipcp-table.js';
import type { ProcessEntry, ProcessTable } from './processes.js';

export interface GroundParts {
  readonly processes: ProcessTable;
  readonly ipcps: IpcpTable;
}

/** Notes that a process got a flow of a layer. What it stood on before and what is gone has been replaced. */
export function standsOn(process: ProcessEntry, layer: string, parts: GroundParts): void {
  if (layer === '') return;
  for (const other of process.layers) if (membersOf(other, parts).length === 0) process.layers.delete(other);
  process.layers.add(layer);
}

/**
 * Layers that have no IPCP on this host any more, though the process stands on them, be it through other layers: of a stack that
 * broke this is the place.
 */
export function goneBelow(process: ProcessEntry, parts: GroundParts, seen = new Set<string>()): readonly string[] {
  const gone: string[] = [];
  for (const layer of process.layers) {
    if (seen.has(layer)) continue;
    seen.add(layer);
    const members = membersOf(layer, parts);
    if (members.length === 0) gone.push(layer);
    for (const { pid } of members) {
      for (const below of parts.processes.withPid(pid)) gone.push(...goneBelow(below, parts, seen));
    }
  }
  return gone;
}

export const goneInWords = (gone: readonly string[]): string =>
  `layer${gone.length === 1 ? '' : 's'} ${gone.join(', ')} below ${gone.length === 1 ? 'is' : 'are'} gone on this host`;

const membersOf = (layer: string, { ipcps }: GroundParts): readonly { readonly pid: number }[] =>
  [...ipcps.all()].filter((ipcp) => ipcp.layer?.name === layer);
