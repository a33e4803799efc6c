import { exitStatus, OuroborosError, printable } from '@ouroboros/model';
import { WATCH_KINDS, type WatchKind } from '@ouroboros/ports';
import { command } from '../grammar/command.js';
import { readDuration } from '../grammar/values.js';
import { statusJson, watchEventJson } from '../render/json.js';
import { readiness } from '../render/status.js';

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
  summary: 'print what is there and what changes, until interrupted',
  details: [
    'Each line says of what kind it is, and what became of it: present (at the beginning), added, changed, removed; a ' +
      'note says something in words.',
  ],
  operands: [
    { name: 'kinds', help: `of ${WATCH_KINDS.join(', ')}, separated by commas; without it all`, optional: true },
  ],
  read: (words) => readKinds(words.operands[0]),
  run: async (kinds, { irm, emit, signal }) => {
    for await (const event of irm.watch(signal, kinds)) {
      const { kind, change, text } = event;
      emit(`${kind === '' ? '' : `${kind} ${change}: `}${printable(text)}\n`, { event: watchEventJson(event) });
    }
    if (signal.aborted) return { text: '', json: {} };
    return { text: '', json: {}, notes: ['irmd went away'], status: exitStatus('EIRMD') };
  },
});

function readKinds(text: string | undefined): readonly WatchKind[] {
  const words = text === undefined ? [] : text.split(',');
  const wrong = words.find((word) => !(WATCH_KINDS as readonly string[]).includes(word));
  if (wrong === undefined) return words as WatchKind[];
  throw new OuroborosError('EINVAL', `unknown kind "${wrong}": expected ${WATCH_KINDS.join(', ')}`, { field: 'kinds' });
}
