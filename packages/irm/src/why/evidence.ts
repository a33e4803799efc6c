import { fromMs, isJsonObject, jsonRows, micros, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { Clock, DaemonStatus, FlowFailure, FlowInfo, Management, NameInfo, NameLocation } from '@ouroboros/ports';
import type { Trial, TryFlow } from './finding.js';

/** What one IPCP tells of its layer; empty lists where its type knows nothing of the kind. */
export interface LayerEvidence {
  readonly ipcp: string;
  readonly layer: string;
  readonly pid: number;
  readonly neighbors: readonly JsonObject[];
  readonly lostLinks: readonly JsonObject[];
  /** The `locate` report; null where the type has none, or the layer did not answer. */
  readonly location: JsonObject | null;
}

/** Everything that is looked at, all of it at the same time. */
export interface Evidence {
  readonly name: string;
  readonly status: DaemonStatus;
  /** The entry of this host; undefined when there is none. */
  readonly entry: NameInfo | undefined;
  readonly names: readonly string[];
  readonly locations: readonly NameLocation[];
  readonly failures: readonly FlowFailure[];
  readonly flows: readonly FlowInfo[];
  readonly layers: readonly LayerEvidence[];
  /** Null: none was made. */
  readonly trial: Trial | null;
}

export interface EvidenceParts {
  readonly management: Management;
  readonly clock: Clock;
}

/** A trial is given this long, so that the whole answer is there within two seconds. */
const TRIAL_MS = 1000;

/** What an IPCP does not tell in this time is left out. */
const REPORT_LIMIT = fromMs(700);

/** @throws OuroborosError when the daemon does not answer; what IPCPs do not answer is left out */
export async function collectEvidence(
  { management, clock }: EvidenceParts,
  name: string,
  tryFlow: TryFlow | null,
): Promise<Evidence> {
  const located = management.nameLocate(name);
  const [status, names, locations, failures, flows, trial] = await Promise.all([
    management.status(),
    management.nameList(),
    located,
    management.flowFailures(name),
    management.flowList(),
    tryFlow === null ? null : tryFlow(name, TRIAL_MS),
  ]);
  const layers = await Promise.all(status.ipcps.map((ipcp) => layerEvidence({ management, clock }, ipcp, locations)));
  const entry = names.find((one) => one.name === name);
  return { name, status, entry, names: names.map((one) => one.name), locations, failures, flows, layers, trial };
}

async function layerEvidence(
  { management, clock }: EvidenceParts,
  { name: ipcp, layer, pid }: DaemonStatus['ipcps'][number],
  locations: readonly NameLocation[],
): Promise<LayerEvidence> {
  const report = (topic: string, args?: JsonObject): Promise<JsonValue> =>
    within(clock, management.ipcpReport(ipcp, topic, args));
  const location = locations.find((one) => one.ipcp === ipcp && one.answer.startsWith('has'));
  const [neighbors, lostLinks, found] = await Promise.all([
    report('neighbors'),
    report('lostLinks'),
    location ? report('locate', { hash: location.key }) : null,
  ]);
  return {
    ...{ ipcp, layer, pid, neighbors: jsonRows(neighbors), lostLinks: jsonRows(lostLinks) },
    location: isJsonObject(found) ? found : null,
  };
}

/** Null when it fails, or takes too long. */
function within(clock: Clock, answer: Promise<JsonValue>): Promise<JsonValue> {
  return new Promise((resolve) => {
    const cancel = clock.at(micros(clock.now() + REPORT_LIMIT), () => resolve(null));
    const settle = (value: JsonValue): void => {
      cancel();
      resolve(value);
    };
    answer.then(settle, () => settle(null));
  });
}
