import { VERSION, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { Management } from '@ouroboros/ports';
import { Disguise } from './disguise.js';

/** Reports that tell of a layer as a whole. */
const TOPICS = ['status', 'neighbors', 'lostLinks', 'routes', 'graph'] as const;

/**
 * Everything that the daemon and its IPCPs tell, for whoever is to find out what is wrong. Unless `plain`, names, layers,
 * addresses and paths are replaced, each always by the same word.
 * @throws OuroborosError EIRMD when the daemon does not answer; what IPCPs do not answer is null
 */
export async function debugBundle(management: Management, plain: boolean): Promise<JsonObject> {
  const [status, names, flows, failures] = await Promise.all([
    management.status(),
    management.nameList(),
    management.flowList(),
    management.flowFailures(''),
  ]);
  const ipcps = await Promise.all(status.ipcps.map(({ name }) => reportsOf(management, name)));
  const bundle = asJson({ version: VERSION, status, names, flows, failures, ipcps }) as JsonObject;
  if (plain) return bundle;
  const disguise = new Disguise();
  const hidden: Readonly<Record<string, readonly string[]>> = {
    layer: status.ipcps.map(({ layer }) => layer),
    ipcp: status.ipcps.map(({ name }) => name),
    name: [...names, ...flows, ...failures].map(({ name }) => name),
    peer: flows.map(({ peer }) => peer),
    member: ipcps.flatMap(namesIn),
  };
  for (const [kind, words] of Object.entries(hidden)) disguise.hide(kind, words);
  return disguise.of(bundle) as JsonObject;
}

async function reportsOf(management: Management, ipcp: string): Promise<JsonObject> {
  const answers = await Promise.all(TOPICS.map((topic) => management.ipcpReport(ipcp, topic).catch(() => null)));
  return { ipcp, ...Object.fromEntries(TOPICS.map((topic, i) => [topic, answers[i]!])) };
}

/** Names of other members, wherever they stand in the reports of an IPCP. */
function namesIn(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' && (key === 'name' || key === 'connectedTo') ? [inner] : namesIn(inner ?? null),
  );
}

/** Numbers that JSON has not as text. */
const asJson = (value: unknown): JsonValue =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)),
  ) as JsonValue;
