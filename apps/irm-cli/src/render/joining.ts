import { printable } from '@ouroboros/model';
import type { KeptInvitation, StepReport } from '@ouroboros/joining/node';
import { renderTable } from './table.js';

/** A step as a line: the command, and after it in a comment that it was not carried out. */
export function stepLine({ command, state }: StepReport): string {
  const remark = state === 'done' ? '' : state === 'was there' ? '   # was there' : '   # not done';
  return `${printable(command)}${remark}`;
}

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}`;

export function renderInvitations(invitations: readonly KeptInvitation[]): string {
  if (invitations.length === 0) return 'No invitations.\n';
  const titles = ['id', 'layer', 'authority', 'expires, UTC', 'state'];
  const rows = invitations.map((one) => [
    one.id,
    one.layer,
    one.authority || '-',
    timeOf(one.expiresMs),
    one.state === 'used' ? `used by ${one.member}` : one.state,
  ]);
  return renderTable(
    titles.map((title) => ({ title })),
    rows,
  );
}
