import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyIs, anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, status, type MetadataValue, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { grpcStatus, OuroborosError, type ErrorCode } from '@ouroboros/model';
import { fromFailure, toFailure, type Failure } from '../failure.js';
import { CallStatusSchema, FailureSchema } from '../gen/ouroboros/model/v1/model_pb.js';
import { decode } from './codec.js';

/** The trailer that carries the whole error, in the place and form that clients of gRPC know; see CallStatus. */
const TRAILER = 'grpc-status-details-bin';

/** What a status without our trailer means: it was made by gRPC itself. */
const PLAIN_STATUS: Readonly<Partial<Record<status, ErrorCode>>> = {
  [status.UNAVAILABLE]: 'EIRMD',
  [status.DEADLINE_EXCEEDED]: 'ETIMEDOUT',
  [status.RESOURCE_EXHAUSTED]: 'EMSGSIZE',
  [status.UNIMPLEMENTED]: 'ENOTSUP',
  [status.CANCELLED]: 'EIRMD',
  [status.INVALID_ARGUMENT]: 'EINVAL',
  [status.PERMISSION_DENIED]: 'EPERM',
  [status.UNAUTHENTICATED]: 'EAUTH',
};

/** Any thrown value as the status of a call. */
export function toStatus(thrown: unknown): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const failure = toFailure(thrown);
  const code = grpcStatus(failure.code as ErrorCode);
  // The text of a status travels percent-coded and must be small and well-formed; the detail has it in full.
  const details = `${failure.code}: ${failure.message}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 256);
  const detail = anyPack(FailureSchema, create(FailureSchema, failure));
  const whole = create(CallStatusSchema, { code, message: details, details: [detail] });
  const metadata = new Metadata();
  metadata.set(TRAILER, Buffer.from(toBinary(CallStatusSchema, whole)));
  return { code, details, metadata };
}

/** The error that the other side meant. */
export function fromStatus(error: Partial<ServiceError>): OuroborosError {
  const failure = failureIn(error.metadata?.get(TRAILER)[0]);
  if (failure) return fromFailure(failure);
  const code = PLAIN_STATUS[error.code ?? status.UNKNOWN] ?? 'EIO';
  return new OuroborosError(code, error.details ?? error.message ?? 'the call failed', { cause: error });
}

/** A trailer that cannot be read, or holds other details, counts as none. */
function failureIn(trailer: MetadataValue | undefined): Failure | undefined {
  if (!(trailer instanceof Buffer)) return undefined;
  try {
    const { details } = fromBinary(CallStatusSchema, trailer);
    const found = details.find((detail) => anyIs(detail, FailureSchema));
    return found && (decode(FailureSchema, found.value) as Failure);
  } catch {
    return undefined;
  }
}
