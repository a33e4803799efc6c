import { toHex, type HashAlgorithm, nameFault, utf8Bytes } from '@ouroboros/model';
import {
  DEFAULT_PATHS,
  OPEN_POLICY,
  type Balancing,
  type Direct,
  type NameCreateRequest,
  type NamePaths,
  type SecurityPolicy,
  type Spread,
} from '@ouroboros/ports';
import type { Core } from './core.js';
import { failure, type Failure } from './messages.js';

const MAX_HASHES = 1024;

/** A program that may serve a name. */
export interface ProgramBinding {
  /** Absolute path. */
  readonly path: string;
  readonly args: readonly string[];
  /** The registry may start it. */
  readonly auto: boolean;
}

export interface NameEntry {
  readonly name: string;
  readonly balancing: Balancing;
  readonly paths: NamePaths;
  security: SecurityPolicy;
  /** Empty = as the layer does. */
  readonly spread: Spread | '';
  /** Empty = as the node does, unless `security` demands something (direct-flows.ts). */
  readonly direct: Direct | '';
  /** In the order of binding. */
  programs: ProgramBinding[];
  /** Processes bound one by one. */
  readonly pids: Set<number>;
  /** IPCPs bound by name, so that a restarted one serves it again. */
  readonly ipcps: Set<string>;
}

/** What is wrong with a name (of anything), if something is. */
export function nameFailure(name: string, field: string): Failure | undefined {
  const fault = nameFault(name, field);
  return fault === undefined ? undefined : failure('EINVAL', fault, { field });
}

/** The last part of a path. Programs are matched by it alone. [spec/architecture.md §1] */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The names of this host, and their hashes under each algorithm that some layer uses. */
export class NameTable {
  private readonly entries = new Map<string, NameEntry>();
  /** Of the names that were lately asked for, which need not be known here. */
  private readonly hashes = new Map<string, Uint8Array>();
  private readonly byHash = new Map<HashAlgorithm, Map<string, NameEntry>>();

  constructor(private readonly core: Core) {}

  get count(): number {
    return this.entries.size;
  }

  get(name: string): NameEntry | undefined {
    return this.entries.get(name);
  }

  all(): IterableIterator<NameEntry> {
    return this.entries.values();
  }

  /** The name, created (spill) when it is new. */
  ensure(name: string): NameEntry {
    return (
      this.entries.get(name) ?? this.create({ name, balancing: 'spill', spread: '', direct: '', paths: DEFAULT_PATHS })
    );
  }

  create({ name, balancing, paths, security, spread, direct }: NameCreateRequest): NameEntry {
    const entry: NameEntry = {
      ...{ name, balancing, paths, security: security ?? OPEN_POLICY, spread, direct },
      ...{ programs: [], pids: new Set(), ipcps: new Set() },
    };
    this.entries.set(name, entry);
    for (const [algorithm, index] of this.byHash) index.set(toHex(this.hashOf(algorithm, name)), entry);
    this.core.keep();
    this.core.report('name', `name ${name} created`, { name, balancing });
    return entry;
  }

  destroy(entry: NameEntry): void {
    this.entries.delete(entry.name);
    for (const [algorithm, index] of this.byHash) index.delete(toHex(this.hashOf(algorithm, entry.name)));
    this.core.keep();
    this.core.report('name', `name ${entry.name} destroyed`, { name: entry.name });
  }

  hashOf(algorithm: HashAlgorithm, name: string): Uint8Array {
    const key = `${algorithm} ${name}`;
    const known = this.hashes.get(key);
    if (known) return known;
    const hash = this.core.options.hash.digest(algorithm, utf8Bytes(name));
    if (this.hashes.size >= MAX_HASHES) this.hashes.clear();
    this.hashes.set(key, hash);
    return hash;
  }

  /** The name behind a hash that arrived from a layer. */
  find(algorithm: HashAlgorithm, hash: Uint8Array): NameEntry | undefined {
    return this.indexOf(algorithm).get(toHex(hash));
  }

  /** Names whose programs include one with this base name. */
  *servedBy(program: string): IterableIterator<NameEntry> {
    const wanted = baseName(program);
    for (const entry of this.entries.values()) {
      if (entry.programs.some(({ path }) => baseName(path) === wanted)) yield entry;
    }
  }

  private indexOf(algorithm: HashAlgorithm): Map<string, NameEntry> {
    const known = this.byHash.get(algorithm);
    if (known) return known;
    const index = new Map<string, NameEntry>();
    for (const entry of this.entries.values()) index.set(toHex(this.hashOf(algorithm, entry.name)), entry);
    this.byHash.set(algorithm, index);
    return index;
  }
}
