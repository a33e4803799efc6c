/**
 * The gRPC services over UNIX sockets, and management over TCP with TLS, as plain interfaces of @ouroboros/ports on both
 * sides. grpc-js and the schemas are loaded when a client first connects or a server listens.
 */
export type { Caller } from './caller.js';
export { connectFlowService, type FlowServiceClient, type FlowServiceOptions } from './flow-client.js';
export { connectIpcp, type IpcpClient, type IpcpOptions } from './ipcp-client.js';
export { IrmServer, type IrmHandlers, type IrmServerOptions } from './irm-server.js';
export { connectManagement, type ManagementOptions } from './management-client.js';
export { MANAGEMENT_ROLES, type Role } from './management-roles.js';
export { RemoteIrmServer, type RemoteCaller, type RemoteIrmOptions } from './remote-irm-server.js';
export { REMOTE_PORT, type RemoteNode } from './remote-node.js';
export type { IpcpSession, ProcessSession } from './sessions.js';
export type { SocketAccess } from './unix-listener.js';
