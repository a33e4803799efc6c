import type { Server } from '@grpc/grpc-js';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { OuroborosError } from '@ouroboros/model';
import type { Management as ManagementPort } from '@ouroboros/ports';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Serving,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
} from '../gen/grpc/health/v1/health_pb.js';
import { Management } from '../gen/ouroboros/irm/v1/irm_pb.js';
import { streaming, unaryBytes } from './calls.js';
import type { PeerCall } from './connections.js';
import { serviceDefinition } from './definition.js';

/** What can be asked for: the daemon answers; it has done all that its configuration asks for, as `irm wait --ready`. */
const ALIVE: readonly string[] = ['', Management.typeName];
const READY = 'ready';
/** How often a watched state is looked at; also what `irm wait` calls soon, on the scale of a probe. */
const WATCH_EVERY_MS = 500;

/** Adds the standard health service. */
export function addHealth(server: Server, managementOf: (call: PeerCall) => ManagementPort): void {
  const check = unaryBytes(async (call) => {
    const { service } = fromBinary(HealthCheckRequestSchema, call.request);
    const found = await servingOf(service, managementOf(call));
    if (found === Serving.SERVICE_UNKNOWN) throw new OuroborosError('ENOENT', `no service ${service}`);
    return response(found);
  });
  const list = unaryBytes(async (call) => {
    const names = [...ALIVE, READY];
    const found = await Promise.all(names.map((name) => servingOf(name, managementOf(call))));
    const statuses = Object.fromEntries(names.map((name, i) => [name, { status: found[i] }]));
    return toBinary(HealthListResponseSchema, create(HealthListResponseSchema, { statuses }));
  });
  const watch = streaming(async function* (call, signal) {
    const { service } = fromBinary(HealthCheckRequestSchema, call.request);
    let told: Serving | undefined;
    while (!signal.aborted) {
      const found = await servingOf(service, managementOf(call));
      if (found !== told) yield response(found);
      told = found;
      await pause(signal);
    }
  });
  server.addService(serviceDefinition(Health), { check, list, watch });
}

async function servingOf(service: string, management: ManagementPort): Promise<Serving> {
  if (ALIVE.includes(service)) return Serving.SERVING;
  if (service !== READY) return Serving.SERVICE_UNKNOWN;
  return (await management.status()).ready ? Serving.SERVING : Serving.NOT_SERVING;
}

const response = (status: Serving): Uint8Array =>
  toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }));

/** Until it is time to look again, or the caller has gone. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, WATCH_EVERY_MS);
    signal.addEventListener('abort', done);
  });
}
