/** Programs as processes, for specs; no tests here. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(__dirname, '..', '..', '..');

/** Bundles a program from the sources, as an ES module (the examples await at top level) or as the tools are; koffi is linked beside it. */
export async function bundle(entry: string, outfile: string, format: 'esm' | 'cjs'): Promise<string> {
  const esm = {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  };
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format,
    conditions: ['source'],
    external: ['koffi', 'pino-pretty'],
    ...(format === 'esm' ? { banner: esm } : {}),
  });
  const modules = join(dirname(outfile), 'node_modules');
  if (!existsSync(modules)) symlinkSync(join(ROOT, 'node_modules'), modules);
  return outfile;
}

/** A running program. */
export class Program {
  private static readonly running = new Set<ChildProcess>();
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  private readonly exit: Promise<unknown[]>;
  private changed: () => void = () => undefined;

  constructor(file: string, args: readonly string[], runtimeDir: string) {
    const env = { ...process.env, OUROBOROS_RUNTIME_DIR: runtimeDir };
    this.child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk) => this.add('stdout', String(chunk)));
    this.child.stderr?.on('data', (chunk) => this.add('stderr', String(chunk)));
    this.exit = once(this.child, 'close');
    Program.running.add(this.child);
    this.child.once('exit', () => Program.running.delete(this.child));
  }

  /** Ends the programs that a failed spec left behind. */
  static endAll(): void {
    for (const child of Program.running) child.kill('SIGKILL');
  }

  /** Resolves when stdout holds `text`. */
  async prints(text: string): Promise<void> {
    while (!this.stdout.includes(text)) await new Promise<void>((resolve) => (this.changed = resolve));
  }

  /** Its exit status, or the signal that ended it. */
  async ends(): Promise<unknown> {
    const [status, signal] = await this.exit;
    return status ?? signal;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<unknown> {
    this.child.kill(signal);
    return this.ends();
  }

  private add(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.changed();
  }
}
