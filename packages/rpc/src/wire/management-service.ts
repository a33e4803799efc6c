import type { Server } from '@grpc/grpc-js';
import type { Management as ManagementPort, WatchKind } from '@ouroboros/ports';
import type { Plain } from '../frame.js';
import { Management } from '../gen/ouroboros/irm/v1/irm_pb.js';
import { MANAGEMENT_METHODS, type ManagementMethod } from '../management-methods.js';
import { streaming, unary, type Unary } from './calls.js';
import { decode, encode } from './codec.js';
import type { PeerCall } from './connections.js';
import { serviceDefinition } from './definition.js';

/** Adds the management service to a server; `managementOf` is the service as the caller of a call may use it. */
export function addManagement(server: Server, managementOf: (call: PeerCall) => ManagementPort): void {
  const names = Object.keys(MANAGEMENT_METHODS) as ManagementMethod[];
  const methods = names.map((name) => {
    const { unpack, wrap } = MANAGEMENT_METHODS[name];
    const serve = async (call: Unary, request: Plain): Promise<Plain> => {
      const management = managementOf(call);
      const target = management[name] as (...args: unknown[]) => Promise<unknown>;
      return wrap(await target.apply(management, unpack(request)));
    };
    return [name, unary(Management.method[name], serve)];
  });
  const { input, output } = Management.method.watch;
  const watch = streaming(async function* (call, signal) {
    const { kinds } = decode(input, call.request) as { readonly kinds: readonly WatchKind[] };
    for await (const event of managementOf(call).watch(signal, kinds)) yield encode(output, event);
  });
  server.addService(serviceDefinition(Management), { ...Object.fromEntries(methods), watch });
}
