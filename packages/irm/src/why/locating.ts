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
    ...evidence.layers.flatMap((layer) => memberFindings(layer, evidence.locations)),
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

function memberFindings({ layer, ipcp, location }: LayerEvidence, locations: readonly NameLocation[]): Finding[] {
  if (!location) return [];
  const has = locations.some((one) => one.ipcp === ipcp && one.answer === 'has');
  const members = list(location['members']);
  const refused = refusedFindings(layer, Number(location['refused'] ?? 0));
  if (!has) return refused;
  const took = round(Number(location['tookMs']));
  if (members.length === 0)
    return [...refused, finding('directory', 'fail', `the directory of ${layer} has no other member for it`)];
  const addresses = members.map(({ address }) => String(address)).join(', ');
  const words = members.length === 1 ? `member ${addresses} serves it` : `members ${addresses} serve it`;
  const self = String(location['self']);
  return [
    ...refused,
    finding('directory', 'ok', `${words} in ${layer} (${took} ms)`),
    ...members.map((one) => routeFinding(self, one)),
  ];
}

function refusedFindings(layer: string, refused: number): Finding[] {
  if (refused === 0) return [];
  const what = refused === 1 ? '1 entry for it is' : `${refused} entries for it are`;
  const text = `${what} not believed in ${layer}: signed by no member whose certificate holds`;
  return [finding('directory', 'warn', text, 'irm pki status on the host that serves it')];
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
