/**
 * Which layer carries a flow: all operational IPCPs are asked for the name at once; the first in rank order that has it
 * wins, as soon as all before it have said no. [spec/architecture.md §4.1, where they are asked one after the other]
 */
import type { Core } from './core.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { IpcpEntry } from './ipcp-table.js';
import { failure, type Failure } from './messages.js';
import type { NameTable } from './names.js';

type Answer = 'open' | 'has' | 'has-not' | 'silent';

/** How a choice ended: the IPCP, or in words what the layers said. */
export type LayerChoice = { readonly ipcp: IpcpEntry } | { readonly ipcp: null; readonly asked: string };

export interface LayerChooserParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly calls: IpcpCalls;
}

/** Asks `ipcps` (in rank order) for the name; `done` is called once, perhaps at once. */
export function chooseLayer(
  { core, names, calls }: LayerChooserParts,
  { name, correlationId }: { readonly name: string; readonly correlationId: string },
  ipcps: readonly IpcpEntry[],
  done: (choice: LayerChoice) => void,
): void {
  const answers: Answer[] = ipcps.map(() => 'open');
  const layers = ipcps.map(({ layer }) => layer!.name);
  let over = false;
  const decide = (): void => {
    const first = answers.findIndex((answer) => answer === 'open' || answer === 'has');
    if (over || answers[first] === 'open') return;
    over = true;
    done(first >= 0 ? { ipcp: ipcps[first]! } : { ipcp: null, asked: inWords(layers, answers) });
  };
  ipcps.forEach((ipcp, i) => {
    const hash = names.hashOf(ipcp.layer!.hash, name);
    calls.call(ipcp, { op: 'query', args: [hash, correlationId] }, core.limits.queryMs, (outcome) => {
      answers[i] = !outcome.ok ? 'silent' : outcome.value === true ? 'has' : 'has-not';
      if (!outcome.ok) core.log('debug', `IPCP ${ipcp.name} could not look ${name} up`, { why: outcome.error.message });
      decide();
    });
  });
  decide();
}

/** The error for a name that no layer has. */
export const nowhere = (name: string, asked: string): Failure =>
  failure('ENAME', `name ${name} is in no layer (${asked})`, { stage: 'name' });

function inWords(layers: readonly string[], answers: readonly Answer[]): string {
  const said = (answer: Answer): string => [...new Set(layers.filter((_, i) => answers[i] === answer))].join(', ');
  const [no, silent] = [said('has-not'), said('silent')];
  const parts = [no && `asked: ${no}`, silent && `no answer from: ${silent}`].filter((part) => part !== '');
  return parts.length === 0 ? 'no layer to ask' : parts.join('; ');
}
