import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readText, ROOT } from '../document.js';
import { configurations, nodeOf, podOf, type Container, type PodSpec } from './manifest.js';
import { run, Running, type Surroundings } from './processes.js';

const USER = 1000;
const SEED = 'ouroboros-seed';
/** Makes the file system of a pod: the image, read-only, with the volumes that the manifest mounts. */
const MOUNT = `
mount --bind "$IMAGE" "$IMAGE" && mount -o remount,bind,ro "$IMAGE"
echo "$MOUNTS" | while read -r from to; do [ -z "$to" ] || mount --bind "$from" "$IMAGE$to"; done
mount --bind "$HOSTS" "$IMAGE/etc/hosts"
mount --bind /dev "$IMAGE/dev"
mount -t proc proc "$IMAGE/proc"
cd "$IMAGE"
exec "$@"`;

/** What the cluster tells a pod of itself. */
export interface Placement {
  readonly ip: string;
  readonly node: string;
  readonly name: string;
}

/** Does for the pods of the manifest what a kubelet would, on one machine and on loopback addresses. Needs root. */
export class Cluster {
  private readonly folder = mkdtempSync(join(tmpdir(), 'o7c-'));
  private readonly pods: Pod[] = [];
  readonly variables: Readonly<Record<string, string>>;

  constructor() {
    const image = join(this.folder, 'image');
    execFileSync(process.execPath, [join(ROOT, 'tools', 'pack.mjs'), '--out', this.folder, '--image', image]);
    const root = join(image, 'root');
    for (const mount of ['etc/ouroboros', 'var/lib/ouroboros', 'run/ouroboros', 'proc', 'dev']) {
      mkdirSync(join(root, mount), { recursive: true });
    }
    writeFileSync(join(root, 'etc', 'hosts'), '');
    this.variables = { IMAGE: root, HOSTS: join(this.folder, 'hosts') };
    this.nameSeed('127.0.0.1');
  }

  /** What the headless Service does: its name means this address from now on. */
  nameSeed(ip: string): void {
    writeFileSync(this.variables['HOSTS']!, `127.0.0.1 localhost\n${ip} ${SEED}\n`);
  }

  /** Starts the pod of this kind. `state`: name of the volume that outlives it, which may have been another pod's. */
  start(kind: string, placement: Placement, state: string): Pod {
    const spec = podOf(kind);
    const folder = join(this.folder, `pod${this.pods.length}`);
    mkdirSync(folder);
    const pod = new Pod(this, spec, placement, (name) => this.volume(spec, name, folder, state), join(folder, 'log'));
    this.pods.push(pod);
    return pod;
  }

  /** A volume as the pod gets it: `fsGroup` gives its root to a group, but a folder of the node stays root's. */
  private volume(spec: PodSpec, name: string, folder: string, state: string): string {
    const volume = spec.volumes.find((one) => one.name === name);
    const path = volume && !('hostPath' in volume) ? join(folder, name) : join(this.folder, 'state', state);
    mkdirSync(path, { recursive: true });
    if (volume && 'configMap' in volume) {
      for (const [file, text] of Object.entries(configurations())) writeFileSync(join(path, file), text);
    } else if (!(volume && 'hostPath' in volume)) {
      chownSync(path, 0, Number(spec.securityContext['fsGroup']));
      chmodSync(path, 0o2775);
    }
    return path;
  }

  async remove(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Pod {
  private readonly irmd: Running;
  private readonly others: Running[];

  constructor(
    private readonly cluster: Cluster,
    private readonly spec: PodSpec,
    private readonly placement: Placement,
    private readonly volume: (name: string) => string,
    private readonly log: string,
  ) {
    for (const init of spec.initContainers ?? []) {
      const { status, stderr } = run(this.around(init, ['unshare', '--mount', ...this.mounted(0)]), ...init.command!);
      if (status !== 0) throw new Error(`${init.name}: ${stderr}`);
    }
    const node = nodeOf(spec);
    const within = ['unshare', '--mount', '--pid', '--fork', ...this.mounted(USER)];
    this.irmd = new Running(this.around(node, within), log, 'irmd', ...node.args!);
    this.others = spec.containers
      .filter((container) => container !== node)
      .map((container) => new Running(this.around(container, this.mountedAlone()), log, ...container.command!));
  }

  /** Runs a command in the container of the node, as `kubectl exec` does. `input`: its standard input. */
  exec(command: readonly string[], input?: string) {
    const within = ['nsenter', '--target', String(this.pid), '--mount', '--pid', '--root', '--wd=/'];
    const user = ['--setuid', String(USER), '--setgid', String(USER)];
    return run({ ...this.around(nodeOf(this.spec), [...within, ...user, '--']), input }, ...command);
  }

  /** Whether the readiness probe succeeds. */
  ready = (): boolean => this.exec(nodeOf(this.spec).readinessProbe!.exec.command).status === 0;

  /** The address of its member of the layer. */
  address(ipcp: string): string {
    const { stdout } = this.exec(['irm', '--json', 'ipcp', 'show', ipcp]);
    return (JSON.parse(stdout) as { ipcp: { address: string } }).ipcp.address;
  }

  /** Ends it in order; answers the exit status of irmd. */
  async stop(): Promise<number | null> {
    process.kill(this.pid, 'SIGTERM');
    return this.ended();
  }

  /** All its processes end at once, as when the node is lost. */
  async kill(): Promise<void> {
    if (this.irmd.running) process.kill(this.pid, 'SIGKILL');
    await this.ended();
  }

  get output(): string {
    return readFileSync(this.log, 'utf8');
  }

  private async ended(): Promise<number | null> {
    const status = await this.irmd.ended;
    await Promise.all(this.others.map((other) => other.stop()));
    return status;
  }

  /** irmd, the first process of its pid namespace. */
  private get pid(): number {
    return Number(readFileSync(`/proc/${this.irmd.pid}/task/${this.irmd.pid}/children`, 'utf8').trim());
  }

  private mounted(user: number): string[] {
    return [
      ...['/bin/sh', '-euc', MOUNT, 'pod', 'setpriv', '--no-new-privs'],
      ...['chroot', `--userspec=${user}:${user}`, '--groups=', '.'],
    ];
  }

  private mountedAlone = (): string[] => ['unshare', '--mount', ...this.mounted(USER)];

  /** The environment of the image and of the manifest, and what the mounts are of. */
  private around(container: Container, within: readonly string[]): Surroundings {
    const image = /^ENV (.*)$/m.exec(readText('docker/Dockerfile'))![1]!;
    const env = Object.fromEntries(image.split(' ').map((pair) => pair.split('=') as [string, string]));
    for (const { name, value, valueFrom } of container.env ?? []) {
      env[name] = value ?? this.field(valueFrom!.fieldRef.fieldPath);
    }
    const PATH = `${env['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin`;
    const mounts = (container.volumeMounts ?? []).map(({ name, mountPath }) => `${this.volume(name)} ${mountPath}`);
    return { cwd: '/', env: { ...this.cluster.variables, MOUNTS: mounts.join('\n'), ...env, PATH }, within };
  }

  private field(path: string): string {
    const { ip, node, name } = this.placement;
    const fields: Record<string, string> = { 'status.podIP': ip, 'spec.nodeName': node, 'metadata.name': name };
    const value = fields[path];
    if (value === undefined) throw new Error(`no pod has the field ${path}`);
    return value;
  }
}
