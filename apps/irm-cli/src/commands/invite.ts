import { printable, type JsonObject } from '@ouroboros/model';
import { freeCommand, type Group, type OperandSpec, type SwitchSpec } from '../grammar/command.js';
import { illegal, readDuration } from '../grammar/values.js';
import { invitationJson, stepJson } from '../render/joining-json.js';
import { renderInvitations, stepLine } from '../render/joining.js';
import { formatDuration } from '../render/text.js';

const DEFAULT_TTL_MS = 900_000;
/** Longer is a slip: a token is made when it is needed. */
const MAX_TTL_MS = 7 * 86_400_000;
const MIN_TTL_MS = 1000;

export const DRY_RUN: SwitchSpec = { word: '--dry-run', help: 'only print the commands that would be carried out' };
const TOKEN: OperandSpec = { name: 'token', help: 'what irm invite printed on the other host' };

function readTtl(text: string | undefined): number {
  const ttlMs = text === undefined ? DEFAULT_TTL_MS : readDuration('--ttl', text);
  if (ttlMs >= MIN_TTL_MS && ttlMs <= MAX_TTL_MS) return ttlMs;
  throw illegal('--ttl', 'from 1s to 7d', text ?? '');
}

const create = freeCommand({
  word: 'create',
  summary: 'Make a token with which one other host can join a layer of this one, once.',
  details: [
    'The token is the only line on stdout; the other host uses it with irm join. Whoever has it can join in its place, so send it ' +
      'over a channel that you trust. It carries no key of an authority: this host signs when the other one comes.',
    'irm invite <layer> is short for it.',
  ],
  operands: [{ name: 'layer', help: 'a layer in which this host has a unicast or broadcast IPCP' }],
  switches: [
    {
      word: '--address',
      value: '<host[:port]>',
      help: 'where others reach this host',
      fallback: 'the address of the IPCP below',
    },
    { word: '--ttl', value: '<time>', help: 'how long the token is good: a number with s, m, h or d', fallback: '15m' },
    {
      word: '--over',
      value: '<ipcp>',
      help: 'the IPCP below that others come over',
      fallback: 'the only one that can be',
    },
    {
      word: '--authority',
      value: '<name>',
      help: 'who signs',
      fallback: 'that of the name of the layer, or the only one',
    },
    DRY_RUN,
  ],
  read: (words) => ({
    layer: words.operand(0),
    address: words.get('--address'),
    ttlMs: readTtl(words.get('--ttl')),
    over: words.get('--over'),
    authority: words.get('--authority'),
    dryRun: words.has('--dry-run'),
  }),
  run: async ({ dryRun, ...options }, { irm, joining, say }) => {
    const tell = { dryRun, tell: (step: Parameters<typeof stepLine>[0]) => say(stepLine(step)) };
    const made = await (await joining()).invite(await irm(), options, tell);
    const json: JsonObject = {
      id: made.id,
      token: made.token,
      layer: options.layer,
      authority: made.authority,
      expires: made.token === null ? null : new Date(made.expiresMs).toISOString(),
      steps: made.steps.map(stepJson),
      warnings: [...made.warnings],
    };
    const plain =
      'this host has no authority: the token brings no certificate, and whoever reaches the layer can join without a token';
    const use = `good once, for ${formatDuration(options.ttlMs)}, on one other host: irm join '<token>'`;
    const notes = [
      ...made.warnings,
      ...(made.authority === null ? [plain] : []),
      ...(made.token === null ? [] : [use]),
    ];
    return { text: made.token === null ? '' : `${made.token}\n`, json, notes: notes.map(printable) };
  },
});

const list = freeCommand({
  word: 'list',
  summary: 'Show invitations and what became of them.',
  details: ['They are forgotten a day after they expired.'],
  read: () => null,
  run: async (_, { joining }) => {
    const found = await (await joining()).invitations();
    return { text: renderInvitations(found), json: { invitations: found.map(invitationJson) } };
  },
});

const revoke = freeCommand({
  word: 'revoke',
  summary: 'Make a token worthless.',
  details: ['Who has used it stays a member: irm pki revoke <member> withdraws the certificate.'],
  operands: [{ name: 'invitation', help: 'its id, or the token' }],
  read: (words) => words.operand(0),
  run: async (which, { joining }) => {
    const found = await (await joining()).revoke(which);
    const used = found.state === 'used' ? [`it was used by ${printable(found.member)}, who stays a member`] : [];
    const json = { id: found.id, layer: found.layer, usedBy: found.state === 'used' ? found.member : null };
    return { text: `${found.id}: revoked\n`, json, notes: used };
  },
});

const redeem = freeCommand({
  word: 'redeem',
  summary: 'Use a token: get the certificate of a member from the inviting host.',
  details: ['irm join does this and all else that it takes. The key is made here and stays here.'],
  operands: [TOKEN],
  switches: [{ word: '--name', value: '<ipcp>', help: 'the member', required: true }],
  read: (words) => ({ token: words.operand(0), member: words.required('--name') }),
  run: async ({ token, member }, { joining }) => {
    const certified = await (await joining()).redeem(token, member);
    const text = certified ? `${printable(member)}: has a certificate\n` : `${printable(member)}: admitted\n`;
    return { text, json: { member, certified } };
  },
});

const serve = freeCommand({
  word: 'serve',
  summary: 'Answer hosts that join with a token; irmd starts this when one comes.',
  switches: [
    { word: '--conf-dir', value: '<dir>', help: 'where authorities and invitations are', fallback: "this user's" },
  ],
  read: (words) => words.get('--conf-dir'),
  run: async (confDir, { joining, note, signal }) => {
    const { serveJoins } = await import('../serve-joins.js');
    await serveJoins(await joining(confDir), note, signal);
    return { text: '', json: {} };
  },
});

export const invite: Group = {
  kind: 'group',
  word: 'invite',
  summary: 'let other hosts join a layer',
  entries: [create, list, revoke, redeem, serve],
  otherwise: create,
};
