/** What the command line of an IPCP daemon asks for. */
export type DaemonCommand =
  | {
      readonly kind: 'run';
      readonly name: string;
      /** Socket of the IRM daemon; null = the one of the runtime directory. */
      readonly irmd: string | null;
      readonly orphanTimeoutMs: number;
    }
  | { readonly kind: 'check-config' | 'describe' | 'help' | 'version' }
  | { readonly kind: 'wrong'; readonly message: string };

/** How long an IPCP lives without an IRM daemon. */
const ORPHAN_TIMEOUT_S = 60;
const MAX_ORPHAN_TIMEOUT_S = 86_400;

/** Text of `--help`. */
export const daemonHelp = (program: string): string =>
  `Usage: ${program} --name NAME [--irmd PATH] [--orphan-timeout SECONDS]
       ${program} --check-config < CONFIGURATION.json
       ${program} --describe | --help | --version

An IPC process; the IRM daemon starts it.

  --name NAME               name of the IPCP
  --irmd PATH               socket of the IRM daemon (irm.sock of $OUROBOROS_RUNTIME_DIR)
  --orphan-timeout SECONDS  exit when the IRM daemon stays away longer (${ORPHAN_TIMEOUT_S})
  --check-config            check the JSON configuration on standard input; print each fault as a
                            line of JSON {"field", "message"}; exit 0 if there is none, else 1
  --describe                print the type as JSON: rank, operations, keys of its configuration
`;

/** Reads the arguments behind the program's name. Options may be written `--key value` or `--key=value`. */
export function parseCommandLine(args: readonly string[]): DaemonCommand {
  const options = new Map<string, string>();
  for (let i = 0; i < args.length; i += 1) {
    const [key, inline] = splitOption(args[i] ?? '');
    if (isFlag(key)) return { kind: FLAGS[key] };
    if (!VALUED.has(key)) return wrong(`unknown argument '${key}'; legal: ${LEGAL}`);
    const value = inline ?? args[(i += 1)];
    if (value === undefined || value === '') return wrong(`${key} needs a value`);
    options.set(key, value);
  }
  return runCommand(options);
}

const FLAGS = {
  '--help': 'help',
  '--version': 'version',
  '--check-config': 'check-config',
  '--describe': 'describe',
} as const;
const isFlag = (key: string): key is keyof typeof FLAGS => Object.hasOwn(FLAGS, key);
const VALUED = new Set(['--name', '--irmd', '--orphan-timeout']);
const LEGAL = [...VALUED, ...Object.keys(FLAGS)].join(', ');

function runCommand(options: ReadonlyMap<string, string>): DaemonCommand {
  const name = options.get('--name');
  if (name === undefined) return wrong('--name is required');
  const seconds = Number(options.get('--orphan-timeout') ?? ORPHAN_TIMEOUT_S);
  if (!(seconds > 0 && seconds <= MAX_ORPHAN_TIMEOUT_S)) {
    return wrong(`--orphan-timeout must be a number of seconds up to ${MAX_ORPHAN_TIMEOUT_S}`);
  }
  return { kind: 'run', name, irmd: options.get('--irmd') ?? null, orphanTimeoutMs: seconds * 1000 };
}

function splitOption(argument: string): [key: string, value: string | undefined] {
  const at = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

const wrong = (message: string): DaemonCommand => ({ kind: 'wrong', message });
