import { OuroborosError } from '@ouroboros/model';
import type { RibComponent } from './ipcp.js';

/**
 * The resource information base: two levels, component and entry, read-only, made anew for each reading.
 * [spec/wire-control.md §9]
 */
export class RibTree {
  constructor(private readonly components: () => Readonly<Record<string, RibComponent>>) {}

  /** '' = the components; a component = its entries, sorted. ENOENT. */
  async list(path: string): Promise<readonly string[]> {
    const parts = split(path);
    const components = this.components();
    if (parts.length === 0) return Object.keys(components).sort();
    const component = parts.length === 1 ? own(components, parts[0]) : undefined;
    if (!component) throw missing(path);
    return Object.keys(component).sort();
  }

  /** `component/entry`. ENOENT. */
  async read(path: string): Promise<string> {
    const parts = split(path);
    const component = parts.length === 2 ? own(this.components(), parts[0]) : undefined;
    const entry = component && own(component, parts[1]);
    if (!entry) throw missing(path);
    return entry();
  }
}

const split = (path: string): string[] => path.split('/').filter((part) => part !== '');

function own<T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

const missing = (path: string): OuroborosError =>
  new OuroborosError('ENOENT', `no RIB entry '${path.slice(0, 128)}'`, { field: 'path' });
