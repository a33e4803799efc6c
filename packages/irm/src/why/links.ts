import type { JsonObject } from '@ouroboros/model';
import type { Evidence, LayerEvidence } from './evidence.js';
import { finding, type Finding } from './finding.js';

/** Longest handshake message of a flow, with certificates, over a unicast layer on Ethernet. Paths that take less cut packets. */
const COMFORTABLE_PACKET = 1280;

/** Links of the layers of this host that are not as they should be. They stop a flow only where no other way is left. */
export function linkFindings(evidence: Evidence): Finding[] {
  return [...evidence.layers.flatMap(brokenLinks), ...narrowLinks(evidence)];
}

function brokenLinks({ layer, neighbors, lostLinks }: LayerEvidence): Finding[] {
  const silent = neighbors.filter(({ state }) => state === 'silent');
  return [
    ...unique(silent.map((row) => `link to ${neighborOf(row)} in ${layer}: the neighbour is silent`)),
    ...unique(lostLinks.map((row) => lostText(layer, row))),
  ].map((text) => finding('link', 'warn', text, 'irm neighbor list'));
}

function lostText(layer: string, row: JsonObject): string {
  const { agoMs, why, lastError } = row;
  const tried = typeof lastError === 'string' && lastError !== '' ? `; connecting again: ${lastError}` : '';
  return `link to ${neighborOf(row)} in ${layer} lost ${seconds(Number(agoMs))} s ago: ${String(why)}${tried}`;
}

/** Management and data transfer of one neighbour say the same. */
const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

function neighborOf({ connectedTo, address }: JsonObject): string {
  const named = typeof connectedTo === 'string' ? connectedTo : '';
  return named === '' ? String(address) : named;
}

function narrowLinks({ flows, layers, trial }: Evidence): Finding[] {
  const owners = new Map(layers.map(({ pid, layer }) => [pid, layer]));
  const narrow = flows.filter(({ pathPacket }) => pathPacket > 0 && pathPacket < COMFORTABLE_PACKET);
  const texts = narrow.flatMap(({ name, pids, layer, pathPacket }) => {
    const owner = pids.map((pid) => owners.get(pid)).find((one) => one !== undefined);
    return owner === undefined
      ? []
      : [`link to ${name} in ${owner}, over ${layer}, takes packets of up to ${pathPacket} bytes only`];
  });
  // No answer at all, though there is a way: what is asked with does not pass.
  const verdict = trial?.ok === false && trial.stage === 'time' ? 'fail' : 'warn';
  return unique(texts).map((text) =>
    finding('path', verdict, text, 'look for a small MTU, or a filter of long packets, on the network below'),
  );
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
