/** `runIpcp`: makes a daemon of an IPCP type. The only file of this package that knows Node. */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NodeHash, loadCrypto } from '@ouroboros/crypto';
import { FlowHost } from '@ouroboros/flow';
import {
  OuroborosError,
  exitStatus,
  fromMs,
  toHex,
  toOuroborosError,
  VERSION,
  utf8Bytes,
  isJsonObject,
  type JsonValue,
  type Micros,
} from '@ouroboros/model';
import {
  NodeClock,
  NodeRandom,
  OtlpTracer,
  PacketNetwork,
  ProcessVitals,
  SystemResolver,
  TRACES_VARIABLE,
  UdpNetwork,
  channelPath,
  createChannelHost,
  createLogger,
  irmSocketPath,
  runtimeDir,
  settleOnceAtRest,
} from '@ouroboros/node-runtime';
import { confDir, FileCredentialStore, Places } from '@ouroboros/pki';
import type { ChannelHost, Logger } from '@ouroboros/ports';
import {
  connectFlowService,
  connectIpcp,
  connectManagement,
  type FlowServiceClient,
  type IpcpClient,
} from '@ouroboros/rpc';
import { daemonHelp, parseCommandLine, type DaemonCommand } from './index.js';
import type { StateStore } from './environment.js';
import { IpcpServer } from './ipcp-server.js';
import { describeType, type IpcpType } from './ipcp-type.js';

/** After this the process ends, whether everything is tidy or not. */
const SHUTDOWN_LIMIT_MS = 950;
/** Longest part of an IPCP's name in the name of its state folder. */
const FOLDER_NAME = 120;

type RunCommand = DaemonCommand & { kind: 'run' };

/**
 * The whole main program of `ipcpd-<type>`: reads the command line, and runs the IPCP until SIGTERM, SIGINT, or until the
 * IRM daemon stays away too long. Exit status: 0 ended in order, 1 failed or faults in a checked configuration,
 * 2 usage, 3 no IRM daemon.
 */
export function runIpcp<C>(type: IpcpType<C>): void {
  const program = `ipcpd-${type.name}`;
  const command = parseCommandLine(process.argv.slice(2));
  switch (command.kind) {
    case 'help':
      process.stdout.write(daemonHelp(program));
      return;
    case 'version':
      process.stdout.write(`${program} ${VERSION}\n`);
      return;
    case 'wrong':
      process.stderr.write(`${program}: ${command.message}\n`);
      process.exitCode = 2;
      return;
    case 'describe':
      process.stdout.write(`${JSON.stringify(describeType(type))}\n`);
      return;
    case 'check-config':
      process.exitCode = checkConfig(type);
      return;
    case 'run':
      run(type, command, program).catch((thrown: unknown) => fail(program, thrown));
  }
}

function checkConfig<C>(type: IpcpType<C>): number {
  const faults = faultsIn(type, readFileSync(0, 'utf8'));
  for (const fault of faults) process.stdout.write(`${JSON.stringify(fault)}\n`);
  return faults.length === 0 ? 0 : 1;
}

function faultsIn<C>(type: IpcpType<C>, text: string): ReturnType<IpcpType<C>['config']['check']> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return [{ field: '', message: `not JSON: ${toOuroborosError(error).message}` }];
  }
  if (isJsonObject(raw)) return type.config.check(raw);
  return [{ field: '', message: 'must be a JSON object' }];
}

function fail(program: string, thrown: unknown): never {
  const error = toOuroborosError(thrown);
  process.stderr.write(`${program}: ${error.message}\n`);
  process.exit(exitStatus(error.code));
}

async function run<C>(type: IpcpType<C>, command: RunCommand, program: string): Promise<void> {
  const place = placeOf(command);
  const logger = createLogger({ program }).child({ ipcp: command.name });
  const path = channelPath(place.dir, process.pid);
  const channel = await createChannelHost({ path, gid: groupOf(place.dir), logger });
  new Daemon(type, command, { ...place, program, logger, channel });
}

/** Where the sockets are: beside that of the IRM daemon. */
function placeOf(command: RunCommand): { readonly dir: string; readonly socketPath: string } {
  if (command.irmd !== null) return { dir: dirname(command.irmd), socketPath: command.irmd };
  const dir = runtimeDir();
  return { dir, socketPath: irmSocketPath(dir) };
}

/** The group whose members may enter the runtime directory may attach to flows; undefined = only this user may. */
function groupOf(dir: string): number | undefined {
  const found = statSync(dir, { throwIfNoEntry: false });
  return found && (found.mode & 0o070) !== 0 ? found.gid : undefined;
}

/** What a daemon is made with. */
interface Surroundings {
  readonly program: string;
  readonly dir: string;
  readonly socketPath: string;
  readonly logger: Logger;
  readonly channel: ChannelHost;
}

/** One running IPCP: its server, its connections to the IRM daemon, its end. */
class Daemon<C> {
  private readonly clock = new NodeClock();
  private readonly logger: Logger;
  private readonly server: IpcpServer<C>;
  private readonly irm: IpcpClient;
  private flowService: FlowServiceClient | null = null;
  private orphaned: (() => void) | null = null;
  private ending = false;
  private readonly tracer: OtlpTracer | undefined;

  constructor(
    type: IpcpType<C>,
    private readonly command: RunCommand,
    private readonly around: Surroundings,
  ) {
    const { channel, dir, logger, socketPath } = around;
    this.logger = logger;
    this.tracer = this.createTracer();
    process.on('exit', () => channel.close());
    process.on('uncaughtException', (error) => this.crash(error));
    this.server = new IpcpServer(type, {
      name: command.name,
      pid: process.pid,
      clock: this.clock,
      random: new NodeRandom(),
      hash: new NodeHash(),
      logger: this.logger,
      datagrams: new UdpNetwork(),
      ethernet: new PacketNetwork(),
      resolver: new SystemResolver(),
      store: new FileStore(stateFolder(dir, command.name)),
      credentials: new FileCredentialStore(new Places(confDir())),
      flows: type.usesLowerFlows ? this.lowerFlows() : null,
      host: type.usesLowerFlows ? connectManagement(socketPath) : undefined,
      channel,
      vitals: new ProcessVitals().look,
      tracer: this.tracer,
    });
    this.irm = connectIpcp({
      socketPath,
      announce: () => this.server.announcement(),
      operations: this.server,
      onState: (connected) => this.irmState(connected),
      clock: this.clock,
    });
    this.irmState(false);
    settleOnceAtRest(this.clock);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.end(0, signal));
    process.on('SIGHUP', () => undefined); // A closed terminal is the IRM daemon's business.
  }

  /** irmd says where traces go; it starts us. */
  private createTracer(): OtlpTracer | undefined {
    const endpoint = process.env[TRACES_VARIABLE] ?? '';
    if (endpoint === '') return undefined;
    const { program: service, dir: runtimeDir, logger } = this.around;
    return new OtlpTracer({ endpoint, service, instance: this.command.name, runtimeDir, clock: this.clock, logger });
  }

  /** The IPCP as a process that asks for flows: the same pid, so that it can be bound to names. */
  private lowerFlows(): FlowHost {
    const { channel, program, socketPath, logger } = this.around;
    const service = connectFlowService({
      socketPath,
      clock: this.clock,
      announce: () => ({
        pid: process.pid,
        program: process.argv[1] ?? program,
        args: process.argv.slice(2),
        channelPath: channel.path ?? '',
        flows: host.held(),
      }),
      onFlowDown: (flowId) => host.flowDown(flowId),
    });
    const host: FlowHost = new FlowHost({
      service,
      channels: channel,
      clock: this.clock,
      random: new NodeRandom(),
      crypto: loadCrypto,
      logger,
    });
    this.flowService = service;
    return host;
  }

  private irmState(connected: boolean): void {
    if (this.ending) return;
    this.server.attach(connected ? this.irm : null);
    this.orphaned?.();
    this.orphaned = connected ? null : this.orphanTimer();
    this.logger.log('debug', connected ? 'registered with the IRM daemon' : 'no IRM daemon');
  }

  private orphanTimer(): () => void {
    const at = (this.clock.now() + fromMs(this.command.orphanTimeoutMs)) as Micros;
    return this.clock.at(at, () => this.end(3, `no IRM daemon for ${this.command.orphanTimeoutMs / 1000} s`));
  }

  private end(status: number, why: string): void {
    if (this.ending) return;
    this.ending = true;
    this.logger.log(status === 0 ? 'info' : 'warn', 'ending', { why });
    setTimeout(() => process.exit(status), SHUTDOWN_LIMIT_MS);
    void this.server.shutdown().then(async () => {
      await this.tracer?.flush();
      this.irm.close();
      this.flowService?.close();
      process.exit(status);
    });
  }

  private crash(error: Error): void {
    this.logger.log('error', 'ended by a fault of its own', { error });
    process.exit(1);
  }
}

/** `$OUROBOROS_STATE_DIR`, else `state` in the runtime directory; below it one folder per IPCP name. */
function stateFolder(dir: string, name: string): string {
  const base = process.env['OUROBOROS_STATE_DIR'] ?? join(dir, 'state');
  const readable = encodeURIComponent(name);
  const digest = toHex(new NodeHash().digest('MD5', utf8Bytes(name)));
  return join(base, `ipcp-${readable.length <= FOLDER_NAME ? readable : digest}`);
}

/** One file per key, replaced as a whole. */
class FileStore implements StateStore {
  constructor(private readonly folder: string) {}

  async read(key: string): Promise<JsonValue | undefined> {
    try {
      return JSON.parse(readFileSync(this.path(key), 'utf8')) as JsonValue;
    } catch (error) {
      if (error instanceof OuroborosError) throw error;
      return undefined; // Nothing stored, or unreadable: the caller begins anew in both cases.
    }
  }

  async write(key: string, value: JsonValue): Promise<void> {
    const path = this.path(key);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      throw new OuroborosError('EIO', `cannot keep ${path}`, { cause: error });
    }
  }

  private path(key: string): string {
    if (/^[a-z0-9-]+$/.test(key)) return join(this.folder, `${key}.json`);
    throw new OuroborosError('EINVAL', `not a key of the state store: ${key}`, { field: 'key' });
  }
}
