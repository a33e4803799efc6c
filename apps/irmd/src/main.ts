import { loadCrypto } from '@ouroboros/crypto';
import { helpText } from '@ouroboros/manual';
import { exitStatus, OuroborosError, toOuroborosError, VERSION } from '@ouroboros/model';
import { createLogger, ensureRuntimeDir, NodeClock, runtimeDir, settleOnceAtRest } from '@ouroboros/node-runtime';
import type { Logger } from '@ouroboros/ports';
import { adjustable, type LevelSwitch } from './adjustable-logger.js';
import { parseCommandLine, type CommandLine } from './command-line.js';
import { EMPTY_CONFIGURATION, type Configuration } from './config/configuration.js';
import { formatFault, type Fault } from './config/fault.js';
import { loadConfiguration } from './config/load-configuration.js';
import { Daemon } from './daemon.js';
import { MANUAL } from './manual.js';
import { errnoOf } from './process/errno.js';
import { groupId } from './process/groups.js';
import { takeLock } from './process/lock-file.js';

const EXIT_USAGE = 2;

async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args);
  if (line.help) return print(helpText(MANUAL));
  if (line.version) return print(`Ouroboros version ${VERSION}\n`);
  const dir = runtimeDir(
    line.runtimeDir === undefined ? process.env : { ...process.env, OUROBOROS_RUNTIME_DIR: line.runtimeDir },
  );
  process.env['OUROBOROS_RUNTIME_DIR'] = dir;
  return line.checkConfig ? checkConfig(line.config!) : run(line, dir);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

async function checkConfig(file: string): Promise<number> {
  const { faults } = await loadConfiguration(file);
  if (faults.length > 0) return complain(file, faults);
  return print(`${file}: no faults\n`);
}

function complain(file: string, faults: readonly Fault[]): number {
  for (const fault of faults) process.stderr.write(`${file}: ${formatFault(fault)}\n`);
  return EXIT_USAGE;
}

async function run(line: CommandLine, dir: string): Promise<number> {
  ensureRuntimeDir(dir);
  const lock = takeLock(dir);
  try {
    const loaded = line.config === undefined ? undefined : await loadConfiguration(line.config);
    if (loaded && loaded.faults.length > 0) return complain(line.config!, loaded.faults);
    const configuration = loaded?.configuration ?? EMPTY_CONFIGURATION;
    const gid = configuration.irmd.group === undefined ? undefined : groupId(configuration.irmd.group);
    ensureRuntimeDir(dir, { gid, groupWritable: configuration.irmd.allow_other_users });
    return await serve(line, dir, configuration);
  } finally {
    lock.release();
  }
}

/** Runs the daemon until a signal ends it. */
async function serve(line: CommandLine, dir: string, configuration: Configuration): Promise<number> {
  const level: LevelSwitch = { level: line.logLevel ?? configuration.irmd.log_level };
  const logger = adjustable(createLogger({ program: 'irmd', level: 'trace', fd: line.stdout ? 1 : 2 }), level);
  const daemon = new Daemon({
    runtimeDir: dir,
    toStdout: line.stdout,
    file: line.config,
    configuration,
    crypto: await loadCrypto(),
    logger,
    level,
    levelFromConfiguration: line.logLevel === undefined,
  });
  exitOnCrash(logger);
  const stopped = stoppedBySignal(daemon, logger);
  await daemon.start();
  settleOnceAtRest(new NodeClock());
  await stopped;
  return 0;
}

/** SIGHUP reloads; the first signal that ends stops the daemon in order, a second one hastens it. */
function stoppedBySignal(daemon: Daemon, logger: Logger): Promise<void> {
  const reload = (): void =>
    void daemon.reload().catch((error: unknown) => logger.log('error', 'reload failed', { error }));
  process.on('SIGHUP', reload);
  return new Promise((resolve, reject) => {
    let signals = 0;
    const stop = (signal: NodeJS.Signals): void => {
      signals += 1;
      logger.log('info', signals === 1 ? `${signal}: stopping` : `${signal} again: killing what still runs`);
      if (signals > 1) daemon.hasten();
      daemon.stop().then(resolve, reject);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) process.on(signal, stop);
  });
}

/** A fault of our own ends this process alone: its lock, its state and its children are left to the next irmd. */
function exitOnCrash(logger: Logger): void {
  const crash = (error: unknown): void => {
    if (isLostOutput(error)) return;
    logger.log('error', 'irmd fails; IPCPs and flows live on, start irmd again to adopt them', { error });
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

/** The terminal or the reader of our log is gone: no reason to end a node. */
const isLostOutput = (error: unknown): boolean =>
  ['EIO', 'EPIPE'].includes(errnoOf(error) ?? '') && (error as NodeJS.ErrnoException).syscall === 'write';

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (thrown: unknown) => {
    const error = toOuroborosError(thrown);
    const usage = thrown instanceof OuroborosError && error.code === 'EINVAL';
    process.stderr.write(`irmd: ${error.message}\n${usage ? 'Try "irmd --help".\n' : ''}`);
    process.exit(exitStatus(error.code));
  },
);
