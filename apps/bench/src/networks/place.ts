import type { Hosts } from '../hosts/index.js';
import type { Tree } from '../tree.js';
import type { BenchNode } from './node.js';

/** Where a network is made, and of what. */
export interface Place {
  readonly hosts: Hosts;
  readonly tree: Tree;
  /** For runtime directories and files; of this network alone. */
  readonly folder: string;
  /** Of the layer over UDP. */
  readonly port: number;
  readonly signal: AbortSignal;
}

/** A flow that is measured: from a process of the first node to one that serves `name` at the last. */
export interface Path {
  readonly name: string;
  /** All on the way. */
  readonly nodes: readonly BenchNode[];
  readonly encrypted: boolean;
}

export const firstOf = ({ nodes }: Pick<Path, 'nodes'>): BenchNode => nodes[0]!;
export const lastOf = ({ nodes }: Pick<Path, 'nodes'>): BenchNode => nodes.at(-1)!;
