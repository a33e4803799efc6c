import { openSync, writeSync } from 'node:fs';

interface LineStream {
  write(line: string): unknown;
}

/**
 * Turns JSON lines into text for people. pino-pretty costs 30 ms to load, so it is loaded behind the first lines, which
 * wait for it; if the process ends before, they are written as they are.
 */
export class PrettyStream implements LineStream {
  /** Resolves when lines are formatted. */
  readonly loaded: Promise<void>;
  private readonly fd: number;
  private early: string[] = [];
  private target: LineStream | undefined;

  constructor(target: number | string, colorize: boolean) {
    this.fd = typeof target === 'number' ? target : openSync(target, 'a');
    process.once('exit', this.onExit);
    this.loaded = this.load(colorize);
  }

  write(line: string): void {
    if (this.target) this.target.write(line);
    else this.early.push(line);
  }

  private async load(colorize: boolean): Promise<void> {
    const { default: pretty } = await import('pino-pretty');
    this.use(
      pretty({
        destination: this.fd,
        sync: true,
        colorize,
        ignore: 'pid,program',
        // Without this a field of that name would appear as [object Object] in front of the message.
        customPrettifiers: { caller: (value) => JSON.stringify(value) },
        messageFormat: '{program}[{pid}]: {msg}',
        translateTime: 'SYS:HH:MM:ss.l',
        singleLine: true,
      }),
    );
  }

  private use(target: LineStream): void {
    this.target = target;
    process.off('exit', this.onExit);
    for (const line of this.early.splice(0)) target.write(line);
  }

  private readonly onExit = (): void => {
    for (const line of this.early.splice(0)) writeSync(this.fd, line);
  };
}
