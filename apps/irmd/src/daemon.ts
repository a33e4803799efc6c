import { fromMs, type Micros, VERSION } from '@ouroboros/model';
import { irmSocketPath, NodeClock, NodeRandom, processAlive } from '@ouroboros/node-runtime';
import { confDir, credentialHealth, FileCredentialStore, Places } from '@ouroboros/pki';
import type { CryptoSuite, DaemonStatus, Logger, Management } from '@ouroboros/ports';
import { RegistryDriver } from '@ouroboros/registry';
import {
  IrmServer,
  type Caller,
  type IpcpSession,
  type ProcessSession,
  type RemoteCaller,
  type RemoteIrmServer,
} from '@ouroboros/rpc';
import type { LevelSwitch } from './adjustable-logger.js';
import { Applier } from './apply/applier.js';
import type { ApiSettings, Configuration } from './config/configuration.js';
import { placesFor } from './config/load-configuration.js';
import { taskOf } from './config/step.js';
import { MetricsService } from './metrics/metrics-service.js';
import { OneAtATime } from './one-at-a-time.js';
import { sweepChannelSockets } from './process/channel-sockets.js';
import { groupId } from './process/groups.js';
import { NodeHost } from './process/node-host.js';
import { StartedPrograms } from './process/started-programs.js';
import { StateFile } from './process/state-file.js';
import { reload } from './reloading.js';
import { openApi } from './remote-api.js';
import { Traces } from './traces/traces.js';

export interface DaemonOptions {
  readonly runtimeDir: string;
  /** IPCPs and programs write to our standard output instead of to files. */
  readonly toStdout: boolean;
  /** File of the configuration, for SIGHUP. */
  readonly file: string | undefined;
  readonly configuration: Configuration;
  readonly crypto: CryptoSuite;
  readonly logger: Logger;
  readonly level: LevelSwitch;
  /** False when the command line fixed the level. */
  readonly levelFromConfiguration: boolean;
}

/** A process that was killed is in /proc for a moment after its connection ended; sockets are swept this much later. */
const SWEEP_AFTER_MS = 300;
/** Shutdown does not wait longer than this for the registry: its own limit from SIGTERM to SIGKILL is 5 s. */
const LONGEST_SHUTDOWN_MS = 8000;

/** The IRM daemon of one node: the registry, joined to processes, sockets and files. */
export class Daemon {
  private readonly clock = new NodeClock();
  private readonly places = new Places(confDir());
  private readonly state: StateFile;
  private readonly programs: StartedPrograms;
  private readonly host: NodeHost;
  private readonly driver: RegistryDriver;
  private readonly server = new IrmServer();
  private readonly applier: Applier;
  private readonly irm: Management;
  private readonly ipcps = new Set<IpcpSession>();
  private configuration: Configuration;
  private readonly metrics: MetricsService;
  private readonly traces: Traces;
  private readonly reloads = new OneAtATime();
  private stopping: Promise<void> | undefined;
  private api: RemoteIrmServer | undefined;
  private sweep: (() => void) | undefined;

  constructor(private readonly options: DaemonOptions) {
    const { runtimeDir, logger, toStdout } = options;
    this.configuration = options.configuration;
    this.state = new StateFile(runtimeDir);
    this.programs = new StartedPrograms(runtimeDir, (reason) =>
      logger.log('error', 'the list of started programs cannot be kept', { reason }),
    );
    this.host = new NodeHost({
      runtimeDir,
      toStdout,
      programs: this.programs,
      logger,
      state: this.state,
      places: () => placesFor(this.configuration.irmd),
      logLevel: () => options.level.level,
      traces: options.configuration.traces.endpoint,
      onExit: (pid, { code, signal }) => this.driver.processExited(pid, code, signal),
    });
    const state = this.state.read((reason) =>
      logger.log('warn', 'the state of the former irmd is unreadable', { reason }),
    );
    this.driver = new RegistryDriver({
      clock: this.clock,
      random: new NodeRandom(),
      hash: options.crypto.hash,
      crypto: options.crypto,
      credentials: new FileCredentialStore(this.places),
      logger,
      host: this.host,
      identity: { version: VERSION, pid: process.pid, runtimeDir },
      state,
      policy: policyOf(this.configuration),
    });
    this.irm = this.driver.managementFor({ pid: process.pid, uid: process.getuid!(), gid: process.getgid!() });
    const { clock, irm, places } = this;
    this.metrics = new MetricsService({ irm, clock, places, logger });
    const { endpoint } = this.configuration.traces;
    this.traces = new Traces({ endpoint, runtimeDir, clock, logger });
    this.applier = new Applier(this.irm, this.clock, logger, () => this.driver.setWaiting(this.applier.waitingFor));
  }

  /** Opens the sockets, then applies the configuration; resolves when all of it is applied or waits for other hosts. */
  async start(): Promise<void> {
    const { runtimeDir, logger } = this.options;
    const { group } = this.configuration.irmd;
    const gid = group === undefined ? undefined : groupId(group);
    sweepChannelSockets(runtimeDir);
    this.driver.setWaiting(['the configuration']);
    this.driver.start();
    for (const pid of this.driver.expectedPids()) if (!processAlive(pid)) this.driver.processExited(pid, null, null);
    this.server.setHandlers({
      managementFor: (caller) => this.managementFor(caller),
      onProcess: (session) => this.attachProcess(session),
      onIpcp: (session) => this.attachIpcp(session),
    });
    if (this.configuration.api) {
      const settings = (): ApiSettings => this.configuration.api!;
      this.api = await openApi(settings, (caller) => this.managementFor(caller), logger);
    }
    await this.server.listen(irmSocketPath(runtimeDir), { mode: gid === undefined ? 0o600 : 0o660, gid });
    await this.metrics.use(this.configuration.metrics);
    logger.log('info', 'irmd started', { version: VERSION, runtimeDir, tables: this.configuration.tables.length });
    await this.applier.apply(this.configuration.tables.map(taskOf));
    this.driver.setWaiting(this.applier.waitingFor);
    if (this.applier.waitingFor.length === 0) logger.log('info', 'configuration applied');
    else logger.log('warn', 'configuration applied in part', { waitingFor: this.applier.waitingFor });
  }

  /** SIGHUP; one at a time. */
  async reload(): Promise<void> {
    const { file, logger } = this.options;
    if (file !== undefined) return this.reloads.run(() => this.reloadFrom(file));
    logger.log('warn', 'SIGHUP: irmd was started without --config, there is nothing to read again');
  }

  private async reloadFrom(file: string): Promise<void> {
    if (this.stopping) return;
    const { irm, applier } = this;
    const use = (configuration: Configuration): void => this.useSettings(configuration);
    this.configuration = await reload(file, this.configuration, { irm, applier, logger: this.options.logger }, use);
  }

  private useSettings(configuration: Configuration): void {
    this.configuration = configuration;
    this.driver.setPolicy(policyOf(configuration));
    this.api?.recheck();
    void this.metrics.use(configuration.metrics);
    if (this.options.levelFromConfiguration) this.options.level.level = configuration.irmd.log_level;
  }

  /**
   * Ends IPCPs and auto-started programs, then the daemon. Divergence from C, which kills all announced processes
   * [spec/architecture.md §5]: applications that are merely attached live on; their flows go down, and they may attach to
   * the next irmd.
   */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  /** After `stop`: no more waiting for anybody. IPCPs that an earlier irmd started are not our children. */
  hasten(): void {
    this.host.killChildren();
    this.programs.killAll();
    for (const { caller } of this.ipcps) this.host.kill(caller.pid, 'SIGKILL');
  }

  /** What callers may do, with what this daemon sees in files added to its status. */
  private managementFor(caller: Caller | RemoteCaller): Management {
    const management = this.driver.managementFor(caller);
    const status = async (): Promise<DaemonStatus> => {
      const [known, health] = await Promise.all([management.status(), credentialHealth(this.places, this.clock)]);
      return { ...known, ...health };
    };
    return { ...management, status };
  }

  private attachProcess(session: ProcessSession): void {
    this.driver.attachProcess(this.traces.process(this.metrics.counted(session)));
    session.onClose(() => this.sweepSoon());
  }

  private attachIpcp(session: IpcpSession): void {
    this.ipcps.add(session);
    this.driver.attachIpcp(this.traces.ipcp(session));
    session.onClose(() => {
      this.ipcps.delete(session);
      this.sweepSoon();
    });
  }

  private async shutDown(): Promise<void> {
    const { logger, runtimeDir } = this.options;
    this.applier.cancel();
    await this.within(LONGEST_SHUTDOWN_MS, this.driver.shutdown());
    await this.within(LONGEST_SHUTDOWN_MS, this.programs.endAll(this.clock));
    this.hasten();
    this.server.close();
    this.metrics.close();
    this.api?.close();
    await this.traces.close();
    this.driver.stop();
    this.sweep?.();
    await this.state.remove();
    this.programs.forget();
    sweepChannelSockets(runtimeDir);
    logger.log('info', 'irmd stopped');
  }

  /** Resolves when `work` does, or after the limit. */
  private within(limitMs: number, work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.at(this.inMs(limitMs), resolve);
      work.then(resolve, reject).finally(cancel);
    });
  }

  private inMs(ms: number): Micros {
    return (this.clock.now() + fromMs(ms)) as Micros;
  }

  private sweepSoon(): void {
    if (this.sweep || this.stopping) return;
    this.sweep = this.clock.at(this.inMs(SWEEP_AFTER_MS), () => {
      this.sweep = undefined;
      sweepChannelSockets(this.options.runtimeDir);
    });
  }
}

const policyOf = ({ irmd }: Configuration) => ({
  directFlows: irmd.direct_flows,
  allowOtherUsers: irmd.allow_other_users,
  encryption: irmd.encryption,
  authentication: irmd.authentication,
});
