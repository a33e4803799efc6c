import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openIrm } from '@ouroboros/irm/node';
import type { Irm } from '@ouroboros/irm';
import { OuroborosError } from '@ouroboros/model';
import { binFolder, nodeEnvironment } from './programs.js';

export interface NodePlan {
  /** n1, n2, n3 */
  readonly name: string;
  readonly address: string;
  readonly runtimeDir: string;
  /** Path of a configuration file; without it the node begins empty. */
  readonly config?: string;
  /** Words of a command that runs irmd, such as `ip netns exec host1`. */
  readonly within?: readonly string[];
  /** Folder of the programs; without it those of this workspace. */
  readonly programs?: string;
}

const START_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 10_000;

/** One node of the triangle: a runtime directory, an irmd, and the management library for it. */
export class DemoNode {
  readonly irm: Irm;
  private readonly irmd: ChildProcess;
  private readonly exited: Promise<void>;
  private over = false;

  private constructor(readonly plan: NodePlan) {
    mkdirSync(plan.runtimeDir, { recursive: true, mode: 0o700 });
    const log = openSync(join(plan.runtimeDir, 'irmd.log'), 'a', 0o600);
    const config = plan.config === undefined ? [] : ['--config', plan.config];
    const programs = plan.programs ?? binFolder();
    const words = [...(plan.within ?? []), join(programs, 'irmd'), '--runtime-dir', plan.runtimeDir, ...config];
    this.irmd = spawn(words[0]!, words.slice(1), {
      env: nodeEnvironment(plan.runtimeDir, programs),
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.exited = new Promise((resolve) => {
      this.irmd.once('exit', () => resolve());
      this.irmd.once('error', () => resolve());
    });
    void this.exited.then(() => (this.over = true));
    this.irm = openIrm({ runtimeDir: plan.runtimeDir });
  }

  /** Resolves when its irmd answers. EIRMD when it does not within 10 s, or ends. */
  static async start(plan: NodePlan): Promise<DemoNode> {
    const node = new DemoNode(plan);
    const limit = Date.now() + START_LIMIT_MS;
    for (;;) {
      try {
        await node.irm.management.status();
        return node;
      } catch (error) {
        if (node.over || Date.now() > limit) {
          await node.stop();
          throw new OuroborosError('EIRMD', `irmd of ${plan.name} does not run, see ${plan.runtimeDir}/irmd.log`, {
            cause: error,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  get running(): boolean {
    return !this.over;
  }

  get pid(): number | undefined {
    return this.irmd.pid;
  }

  /** Ends irmd, and with it all its IPCPs, and removes the runtime directory. */
  async stop(): Promise<void> {
    this.irm.close();
    if (!this.over) this.irmd.kill('SIGTERM');
    const hasten = setTimeout(() => this.irmd.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.exited;
    clearTimeout(hasten);
    rmSync(this.plan.runtimeDir, { recursive: true, force: true });
  }
}
