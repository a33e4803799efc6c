/**
 * OCEP: connection establishment between components. The first packet each way on a flow between two IPCPs; protobuf
 * (proto/ouroboros/peer/v1/cep.proto), at most 127 bytes. [spec/wire-control.md §1]
 */
import { addressTo64, isAddress } from '../address-bytes.js';
import { accepted, refused, type Decoded } from '../decoded.js';
import { CepSchema } from '../gen/v1/cep_pb.js';
import { optionalBytes, readMessage, writeMessage } from './strict.js';
import type { Cep } from './types.js';

/** C reads 128 bytes; a message that fills them breaks its next read. [spec/wire-control.md §1.1] */
export const CEP_MAX = 127;

type Component = Pick<Cep, 'component' | 'protocol' | 'version' | 'syntax'>;

/** What each component says of itself; `address` comes from the IPCP. [spec/wire-control.md §1.2] */
export const CEP_COMPONENTS = {
  enrollment: { component: 'Enrollment', protocol: 'OEP', version: 1, syntax: 0 },
  management: { component: 'Management', protocol: 'LSP', version: 1, syntax: 0 },
  dataTransfer: { component: 'Data Transfer', protocol: 'dtp', version: 1, syntax: 2 },
  broadcast: { component: 'Data Transfer', protocol: '', version: 0, syntax: 0 },
} as const satisfies Readonly<Record<string, Component>>;

/** Answer to a component name that the acceptor does not have. */
export const CEP_UNKNOWN_COMPONENT: Cep = { component: '', protocol: '', version: 0, syntax: 0, address: 0 };

export function decodeCep(bytes: Uint8Array): Decoded<Cep> {
  const message = readMessage(CepSchema, bytes, CEP_MAX);
  if (!message.ok) return message;
  const { compName, protocol, prefVersion, prefSyntax, address } = message.value;
  if (!isAddress(address)) return refused('bad-value', 'address');
  return accepted({
    component: compName,
    protocol,
    version: prefVersion,
    syntax: prefSyntax,
    address: Number(address),
    ext: optionalBytes(message.value, CepSchema.field.ext),
  });
}

/** EMSGSIZE above CEP_MAX bytes, EINVAL for a value that does not fit. */
export const encodeCep = (cep: Cep): Uint8Array =>
  writeMessage(
    CepSchema,
    {
      compName: cep.component,
      protocol: cep.protocol,
      prefVersion: cep.version,
      prefSyntax: cep.syntax,
      address: addressTo64(cep.address),
      ext: cep.ext,
    },
    CEP_MAX,
  );
