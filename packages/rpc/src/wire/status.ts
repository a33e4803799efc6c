import { Metadata, status, type MetadataValue, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { grpcStatus, OuroborosError, type ErrorCode } from '@ouroboros/model';
import { fromFailure, toFailure, type Failure } from '../failure.js';
import { FailureSchema } from '../gen/ouroboros/model/v1/model_pb.js';
import { decode, encode } from './codec.js';

/** The trailer that carries the whole error; the gRPC status beside it is for clients that are not ours. */
const TRAILER = 'ouroboros-failure-bin';

/** What a status without our trailer means: it was made by gRPC itself. */
const PLAIN_STATUS: Readonly<Partial<Record<status, ErrorCode>>> = {
  [status.UNAVAILABLE]: 'EIRMD',
  [status.DEADLINE_EXCEEDED]: 'ETIMEDOUT',
  [status.RESOURCE_EXHAUSTED]: 'EMSGSIZE',
  [status.UNIMPLEMENTED]: 'ENOTSUP',
  [status.CANCELLED]: 'EIRMD',
  [status.INVALID_ARGUMENT]: 'EINVAL',
};

/** Any thrown value as the status of a call. */
export function toStatus(thrown: unknown): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const failure = toFailure(thrown);
  const metadata = new Metadata();
  metadata.set(TRAILER, Buffer.from(encode(FailureSchema, failure)));
  // The text of a status travels percent-coded and must be small and well-formed; the trailer has it in full.
  const details = `${failure.code}: ${failure.message}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 256);
  return { code: grpcStatus(failure.code as ErrorCode), details, metadata };
}

/** The error that the other side meant. */
export function fromStatus(error: Partial<ServiceError>): OuroborosError {
  const failure = failureIn(error.metadata?.get(TRAILER)[0]);
  if (failure) return fromFailure(failure);
  const code = PLAIN_STATUS[error.code ?? status.UNKNOWN] ?? 'EIO';
  return new OuroborosError(code, error.details ?? error.message ?? 'the call failed', { cause: error });
}

/** A trailer that cannot be read counts as none. */
function failureIn(trailer: MetadataValue | undefined): Failure | undefined {
  if (!(trailer instanceof Buffer)) return undefined;
  try {
    return decode(FailureSchema, trailer) as Failure;
  } catch {
    return undefined;
  }
}
