import { printable } from '@ouroboros/model';
import { freeCommand } from '../grammar/command.js';
import { stepJson } from '../render/joining-json.js';
import { stepLine } from '../render/joining.js';
import { DRY_RUN } from './invite.js';

export const join = freeCommand({
  word: 'join',
  summary: 'join a layer with a token of irm invite',
  details: [
    'Each step is printed as the command that does it: a layer below that reaches the inviting host, the certificate, the enrollment, ' +
      'the connection. What is there already stays as it is, so that the command can be repeated.',
  ],
  operands: [{ name: 'token', help: 'what irm invite printed on the other host' }],
  switches: [
    {
      word: '--name',
      value: '<ipcp>',
      help: 'the IPCP that becomes a member',
      fallback: '<layer>.<name of this host>',
    },
    {
      word: '--ip',
      value: '<address>',
      help: 'own address in the layer below, where that is UDP',
      fallback: 'the one from which this host reaches the other',
    },
    { word: '--dev', value: '<interface>', help: 'own interface in the layer below, where that is Ethernet' },
    DRY_RUN,
  ],
  read: (words) => ({
    token: words.operand(0),
    member: words.get('--name'),
    ip: words.get('--ip'),
    dev: words.get('--dev'),
    dryRun: words.has('--dry-run'),
  }),
  run: async ({ dryRun, ...options }, { irm, joining, say }) => {
    const tell = { dryRun, tell: (step: Parameters<typeof stepLine>[0]) => say(stepLine(step)) };
    const done = await (await joining()).join(await irm(), options, tell);
    const { member, layer, certified } = done;
    const what = certified ? ', with a certificate' : '';
    return {
      text: dryRun ? '' : `${printable(member)}: member of layer ${printable(layer)}${what}\n`,
      json: { member, layer, certified, steps: done.steps.map(stepJson) },
    };
  },
});
