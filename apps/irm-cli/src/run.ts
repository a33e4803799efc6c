import {
  IPCP_TYPES,
  VERSION,
  exitStatus,
  nearest,
  OuroborosError,
  toOuroborosError,
  printable,
  type JsonObject,
} from '@ouroboros/model';
import type { CancelSignal } from '@ouroboros/ports';
import type { Irm, TryFlow } from '@ouroboros/irm';
import type { Joining } from '@ouroboros/joining/node';
import type { Pki } from '@ouroboros/pki';
import { ROOT } from './commands/root.js';
import { helpText } from './grammar/help.js';
import type { NodeWords } from './grammar/node-words.js';
import { parse, type Run, type Usage } from './grammar/parse.js';

/** What the program touches. */
export interface Surroundings {
  /** The result, and nothing else. */
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Called only when a command is to be carried out that needs the daemon. */
  readonly open: (node: NodeWords) => Promise<Irm>;
  /** Where commands without --node go, if not to this host. */
  readonly usualNode?: string | undefined;
  readonly openPki: () => Promise<Pki>;
  readonly openTryFlow: () => Promise<TryFlow>;
  /** `confDir`: in place of this user's configuration directory. */
  readonly openJoining: (confDir?: string) => Promise<Joining>;
  /** Aborted when the user interrupts. */
  readonly signal: CancelSignal;
}

const DONE = 0;
const USAGE = 2;

/** Carries out one command line (without the program's name); answers the exit status. Never rejects. */
export async function runIrm(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const parsed = parse(ROOT, argv);
  switch (parsed.kind) {
    case 'help':
      surroundings.stdout(helpText(parsed.path, parsed.entry));
      return DONE;
    case 'version':
      surroundings.stdout(parsed.json ? line({ version: VERSION }) : `Ouroboros version ${VERSION}\n`);
      return DONE;
    case 'usage':
      return reportUsage(parsed, surroundings);
    case 'run':
      return carryOut(parsed, surroundings);
  }
}

const line = (json: JsonObject): string => `${JSON.stringify(json)}\n`;

function reportUsage({ path, message, field, json }: Usage, { stderr }: Surroundings): number {
  const command = ['irm', ...path].join(' ');
  if (json) stderr(line(errorJson('EINVAL', message, field, undefined, USAGE)));
  else stderr(`${command}: ${printable(message)}\nTry "${command} --help".\n`);
  return USAGE;
}

async function carryOut({ path, action, json, node }: Run, surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, signal } = surroundings;
  const note = (text: string): void => stderr(`irm: ${text}\n`);
  const say = (text: string): void => stderr(`${text}\n`);
  const emit = (text: string, object: JsonObject): void => stdout(json ? line(object) : text);
  let irm: Irm | undefined;
  try {
    const open = async (at = node): Promise<Irm> => (irm = await surroundings.open(at));
    const pki = onlyHere(node.node, surroundings.openPki);
    // These use the daemon of this host besides what is managed.
    const joining = onlyHere(node.node ?? surroundings.usualNode, surroundings.openJoining);
    const tryFlow = onlyHere(node.node ?? surroundings.usualNode, surroundings.openTryFlow);
    const outcome = await action({ irm: open, pki, joining, tryFlow, signal, note, say, emit });
    if (!json) stdout(outcome.text);
    else if (Object.keys(outcome.json).length > 0) stdout(line(outcome.json));
    for (const text of outcome.notes ?? []) note(text);
    return outcome.status ?? DONE;
  } catch (thrown) {
    return reportError(['irm', ...path].join(' '), toOuroborosError(thrown), json, stderr);
  } finally {
    irm?.close();
  }
}

/** What works on this host alone is refused where another is meant. */
function onlyHere<Args extends unknown[], T>(
  node: string | undefined,
  open: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  if (node === undefined) return open;
  const message = `this works on this host alone, not at node ${node}`;
  return () => Promise.reject(new OuroborosError('EINVAL', message, { field: '--node' }));
}

const UNREACHABLE = 'Failed to communicate with the Ouroboros IPC Resource Manager daemon.';

function reportError(command: string, error: OuroborosError, json: boolean, stderr: Surroundings['stderr']): number {
  const status = exitStatus(error.code);
  const unreachable = status === exitStatus('EIRMD');
  if (json) {
    const message = unreachable ? `${UNREACHABLE} ${error.message}` : error.message;
    stderr(line(errorJson(error.code, message, error.field, error.stage, status)));
  } else if (unreachable) {
    stderr(`${UNREACHABLE}\n${printable(error.message)}\nIs irmd running? OUROBOROS_RUNTIME_DIR chooses the node.\n`);
  } else stderr(`${command}: ${printable(describe(error))}\n`);
  return status;
}

/** The message, with the field where the message does not name it. */
function describe(error: OuroborosError): string {
  const { code, field, message } = error;
  const text = field === undefined || message.includes(field) ? message : `${field}: ${message}`;
  const typed = code === 'EIPCPTYPE' ? /"([^"]+)"/.exec(message)?.[1] : undefined;
  const near = typed === undefined ? undefined : nearest(typed, IPCP_TYPES);
  return near === undefined ? text : `${text}; did you mean ${near}?`;
}

const errorJson = (
  code: string,
  message: string,
  field: string | undefined,
  stage: string | undefined,
  status: number,
): JsonObject => ({
  error: { code, message, field: field ?? null, stage: stage ?? null, exitStatus: status },
});
