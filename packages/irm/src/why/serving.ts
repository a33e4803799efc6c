import type { Evidence } from './evidence.js';
import { finding, type Finding } from './finding.js';

/** This host as a server of the name; nothing where it is none. */
export function servingFindings({ entry, name }: Evidence): Finding[] {
  if (!entry) return [];
  const { pids, programs, registered } = entry;
  if (pids.length === 0 && programs.length === 0 && registered.length === 0) {
    return [finding('serving', 'note', 'the name is known here, but nothing here serves it')];
  }
  return [serverFinding(entry), registrationFinding(name, registered)];
}

function serverFinding({ name, pids, programs }: NonNullable<Evidence['entry']>): Finding {
  const auto = programs.find((program) => program.auto);
  if (pids.length > 0) return finding('serving', 'ok', `served here by process ${pids.join(', ')}`);
  if (auto) return finding('serving', 'ok', `${auto.path} is started here when a flow is asked for`);
  const bound = programs.at(-1);
  if (!bound) {
    return finding(
      'accept',
      'fail',
      'no process here serves the name, and no program is bound to it',
      `irm bind program <program> ${name} auto`,
    );
  }
  return finding(
    'accept',
    'fail',
    `no process here serves the name: ${bound.path} is bound to it but does not run`,
    `start it, or: irm bind program ${bound.path} ${name} auto`,
  );
}

const registrationFinding = (name: string, registered: readonly string[]): Finding =>
  registered.length > 0
    ? finding('serving', 'ok', `registered at ${registered.join(', ')}`)
    : finding(
        'name',
        'fail',
        'registered in no layer, so that no other host can find it',
        `irm name register ${name} layer <layer>`,
      );
