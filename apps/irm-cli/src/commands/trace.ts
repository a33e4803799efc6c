import { checkName, exitStatus, type QosCube } from '@ouroboros/model';
import { command } from '../grammar/command.js';
import { readChoice } from '../grammar/values.js';
import { renderTrace, traceJson } from '../render/trace.js';

const CUBE_NUMBERS: Readonly<Record<'best' | 'video' | 'voice', QosCube>> = { best: 0, video: 1, voice: 2 };

export const trace = command({
  word: 'trace',
  summary: 'the way of packets from here to a name, member by member',
  details: [
    'Tells of each member the round trip to it, and of the link that packets leave it by: the layer below, the largest packet',
    'in one piece, packets that wait, and its QoS cube. A member that runs another implementation does not answer.',
    'With --down the layers below each hop are told, as far as each member tells them within four seconds.',
  ],
  operands: [{ name: 'name', help: 'the name' }],
  switches: [
    { word: '--qos', value: '<cube>', help: 'of which packets: best, video, voice', fallback: 'best' },
    { word: '--down', help: 'ask each member what its hop is made of in the layers below' },
  ],
  read: (words) => {
    const name = words.operand(0);
    checkName(name, 'name');
    const cube = CUBE_NUMBERS[readChoice('--qos', words.get('--qos') ?? 'best', ['best', 'video', 'voice'])];
    return { name, cube, down: words.has('--down') };
  },
  run: async ({ name, cube, down }, { irm }) => {
    const found = await irm.traceName(name, cube, down);
    const lost = found.ways.length > 0 && found.ways.every(({ reached }) => !reached);
    return {
      text: renderTrace(found, down),
      json: traceJson(found),
      status: lost ? exitStatus('ENOANSWER') : undefined,
    };
  },
});
