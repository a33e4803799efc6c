import { IpcpServer, describeType, type IpcpServerParts, type IpcpType } from '@ouroboros/ipcp-kit';
import type { IpcpOperations, IpcpTypeInfo } from '@ouroboros/ports';

/** The server of an IPCP of any type. */
export type SimIpcp = IpcpOperations & Pick<IpcpServer<unknown>, 'announcement' | 'attach' | 'shutdown'>;

/** An IPCP type as a simulated node needs it; its configuration is nobody's business there. */
export interface SimIpcpType {
  readonly name: string;
  readonly usesLowerFlows: boolean;
  readonly info: IpcpTypeInfo;
  serve(parts: IpcpServerParts): SimIpcp;
}

/** Makes a type of an IPCP package known to a simulation. */
export function simType<C>(type: IpcpType<C>): SimIpcpType {
  const { name, usesLowerFlows } = type;
  return { name, usesLowerFlows, info: describeType(type), serve: (parts) => new IpcpServer(type, parts) };
}
