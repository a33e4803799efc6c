import { nearest, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { NameLocation } from '@ouroboros/ports';
import type { Evidence, LayerEvidence } from './evidence.js';
import { finding, type Finding } from './finding.js';

/** Which layer has the name, at which members, and how packets get there. */
export function locatingFindings(evidence: Evidence): Finding[] {
  const has = evidence.locations.filter(({ answer }) => answer === 'has');
  return [
    ...evidence.locations.filter(isBroken).map(brokenIpcp),
    has.length > 0 ? layerFinding(evidence) : nowhereFinding(evidence),
    ...evidence.layers.flatMap(memberFindings),
  ];
}

const isBroken = ({ answer }: NameLocation): boolean => answer === 'not-operational' || answer === 'no-answer';

function brokenIpcp({ ipcp, layer, text, answer }: NameLocation): Finding {
  const where = layer === '' ? `IPCP ${ipcp}` : `IPCP ${ipcp} of layer ${layer}`;
  const remedy = answer === 'no-answer' ? `irm ipcp show ${ipcp}` : 'irm ipcp list, and the log of irmd';
  return finding('layer', 'fail', `${where} does not work: ${text}`, remedy);
}

const layersThat = (locations: readonly NameLocation[], answer: NameLocation['answer']): string =>
  [...new Set(locations.filter((one) => one.answer === answer).map(({ layer }) => layer))].join(', ');

function layerFinding({ locations }: Evidence): Finding {
  const { layer, ipcp, tookMs } = locations.find(({ answer }) => answer === 'has')!;
  const not = layersThat(locations, 'has-not');
  const others = not === '' ? '' : `; not in ${not}`;
  return finding('layer', 'ok', `layer ${layer} has it (IPCP ${ipcp}, ${round(tookMs)} ms)${others}`);
}

/** A process of this host may yet be reached without a layer. */
function nowhereFinding({ name, names, locations, entry }: Evidence): Finding {
  const asked = layersThat(locations, 'has-not');
  const text = asked === '' ? 'there is no layer to ask' : `no layer that this host can reach has it (asked: ${asked})`;
  if (entry && entry.pids.length > 0) return finding('layer', 'note', `at no other host: ${text}`);
  const near = nearest(
    name,
    names.filter((other) => other !== name),
  );
  const hint = near === undefined ? '' : `did you mean ${near}? `;
  return finding('name', 'fail', text, `${hint}on the host that serves it: irm name register ${name} layer <layer>`);
}

function memberFindings({ layer, location }: LayerEvidence): Finding[] {
  if (!location) return [];
  const members = list(location['members']);
  const took = round(Number(location['tookMs']));
  if (members.length === 0)
    return [finding('directory', 'fail', `the directory of ${layer} has no other member for it`)];
  const addresses = members.map(({ address }) => String(address)).join(', ');
  const words = members.length === 1 ? `member ${addresses} serves it` : `members ${addresses} serve it`;
  const self = String(location['self']);
  return [
    finding('directory', 'ok', `${words} in ${layer} (${took} ms)`),
    ...members.map((one) => routeFinding(self, one)),
  ];
}

function routeFinding(self: string, { address, path }: JsonObject): Finding {
  const hops = Array.isArray(path) ? path.map(String) : [];
  if (hops.length === 0)
    return finding('route', 'fail', `no route to ${String(address)}`, 'irm route list; irm neighbor list');
  const count = hops.length === 1 ? '1 hop' : `${hops.length} hops`;
  return finding('route', 'ok', `${[self, ...hops].join(' → ')} (${count})`);
}

const list = (value: JsonValue | undefined): JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : []);
const round = (ms: number): number => Math.round(ms * 10) / 10;
