import { exitStatus } from '@ouroboros/model';
import { command } from '../grammar/command.js';
import { readDuration } from '../grammar/values.js';
import { statusJson } from '../render/json.js';
import { readiness } from '../render/status.js';
import { printable } from '../render/text.js';

export const wait = command({
  word: 'wait',
  summary: 'wait until this host is ready',
  details: ['Ready means: the daemon answers and has done all that its configuration asks for.'],
  switches: [
    { word: '--ready', help: 'wait for readiness', required: true },
    { word: '--timeout', value: '<time>', help: 'give up after this: a number with ms, s, m, h or d', fallback: '30s' },
  ],
  read: (words) => readDuration('--timeout', words.get('--timeout') ?? '30s'),
  run: async (timeoutMs, { irm, note, signal }) => {
    const found = await irm.waitReady({
      timeoutMs,
      signal,
      onProgress: ({ waitingFor }) => note(`waiting for: ${printable(waitingFor.join(', '))}`),
    });
    return { text: `${readiness(found)}\n`, json: { status: statusJson(found) } };
  },
});

export const watch = command({
  word: 'watch',
  summary: 'print changes as they happen, until interrupted',
  read: () => null,
  run: async (_, { irm, emit, signal }) => {
    for await (const { kind, text } of irm.watch(signal)) {
      emit(`${kind}: ${printable(text)}\n`, { event: { kind, text } });
    }
    if (signal.aborted) return { text: '', json: {} };
    return { text: '', json: {}, notes: ['irmd went away'], status: exitStatus('EIRMD') };
  },
});
