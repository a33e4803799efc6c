import { QOS_RAW, type Component, type QosSpec, checkName, componentsOf } from '@ouroboros/model';
import type { Management } from '@ouroboros/ports';
import { ipcpNamed } from './select-ipcps.js';

export interface ConnectOptions {
  readonly name: string;
  /** Name of the member to connect to; the same word disconnects. */
  readonly dst: string;
  /** `*` (default): Management, then Data Transfer; Data Transfer alone for a broadcast IPCP. */
  readonly component?: Component | '*';
  /** Of the Data Transfer flow; default raw. Management is always raw. */
  readonly qos?: QosSpec;
}

export type DisconnectOptions = Omit<ConnectOptions, 'qos'>;

async function plan(management: Management, options: DisconnectOptions): Promise<readonly Component[]> {
  checkName(options.name, 'name');
  checkName(options.dst, 'dst');
  const { type } = ipcpNamed(options.name, await management.ipcpList());
  return options.component === undefined || options.component === '*' ? componentsOf(type) : [options.component];
}

/** Connects the components and tells which; when a later one fails, those made here are undone. */
export async function connectIpcp(management: Management, options: ConnectOptions): Promise<readonly Component[]> {
  const { name, dst, qos = QOS_RAW } = options;
  const components = await plan(management, options);
  for (const [index, component] of components.entries()) {
    try {
      await management.ipcpConnect({ name, dst, component, qos: component === 'Management' ? QOS_RAW : qos });
    } catch (error) {
      // The first error is the one to report.
      for (const made of components.slice(0, index)) {
        await management.ipcpDisconnect({ name, dst, component: made }).catch(() => undefined);
      }
      throw error;
    }
  }
  return components;
}

/** Disconnects in the reverse order of `connectIpcp`. A `dst` that is not connected is success. [spec/architecture.md §2] */
export async function disconnectIpcp(
  management: Management,
  options: DisconnectOptions,
): Promise<readonly Component[]> {
  const components = [...(await plan(management, options))].reverse();
  for (const component of components)
    await management.ipcpDisconnect({ name: options.name, dst: options.dst, component });
  return components;
}
