import { IPCP_TYPES } from '@ouroboros/model';
import type { Irm } from '@ouroboros/irm';
import type { Candidate, LiveKind } from '@ouroboros/manual';
import type { NodeKnowledge } from './node-knowledge.js';

/** Who presses a key does not wait longer than this. */
const LIMIT_MS = 300;

/** Asks the daemon, once per question. Silent when it does not run, refuses, or takes too long. */
export function askNode(open: () => Promise<Irm>, limitMs = LIMIT_MS): NodeKnowledge {
  const ask = async (question: (irm: Irm) => Promise<readonly Candidate[]>): Promise<readonly Candidate[]> => {
    try {
      const irm = await open();
      return await Promise.race([question(irm), nothingAfter(limitMs)]);
    } catch {
      return [];
    }
  };
  return {
    values: async (kind, typed) => [
      ...(kind === 'type' ? IPCP_TYPES.map((word) => ({ word, help: '' })) : []),
      ...(await ask((irm) => QUESTIONS[kind](irm, typed))),
    ],
    options: (type) =>
      ask(async (irm) =>
        (await irm.describeIpcpType(type)).keys.map(({ key, help, legal }) => ({ word: key, help: help || legal })),
      ),
  };
}

const QUESTIONS: Readonly<Record<LiveKind, (irm: Irm, typed: string) => Promise<readonly Candidate[]>>> = {
  ipcp: async (irm) =>
    (await irm.listIpcps()).map(({ name, type, layer }) => ({ word: name, help: [type, layer].join(' ').trim() })),
  layer: async (irm) =>
    (await irm.listIpcps()).filter(({ layer }) => layer !== '').map(({ layer, type }) => ({ word: layer, help: type })),
  name: async (irm) => (await irm.listNames()).map(({ name }) => ({ word: name, help: '' })),
  type: async (irm) => (await irm.listIpcps()).map(({ type }) => ({ word: type, help: '' })),
  rib: async (irm, typed) => {
    const above = typed.slice(0, typed.lastIndexOf('/') + 1);
    return (await irm.listRib(above)).map((entry) => ({ word: above + entry, help: '' }));
  },
};

function nothingAfter(limitMs: number): Promise<readonly Candidate[]> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve([]), limitMs);
    timer.unref();
  });
}
