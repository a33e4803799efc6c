/**
 * What stands in field 100 of OCEP, enrollment and DHT messages between nodes of ours; C skips the field.
 * Protobuf (proto/ouroboros/peer/v1/extension.proto). [ARCHITECTURE.md, Extensions; docs/wire-extensions.md]
 */
import { isFieldSet } from '@bufbuild/protobuf';
import { accepted, type Decoded } from '../decoded.js';
import { PeerExtensionSchema } from '../gen/v1/extension_pb.js';
import { readMessage, writeMessage } from './strict.js';
import type { PeerExtension } from './types.js';

/** Room that the longest OCEP message (30 bytes) leaves of its 127, less 3 bytes of tag and length, rounded down. */
export const PEER_EXTENSION_MAX = 88;
export const PEER_EXTENSION_VERSION = 1;

/** Bits of PeerExtension.features in OCEP messages. */
export const OcepFeature = {
  /** Management: understands link-state messages of ours. */
  LS_SYNC: 1,
  /** Data Transfer of a broadcast layer: packets have the header of ours (broadcast-pci.ts). */
  BROADCAST_PCI: 2,
  /** A link that carries nothing is watched more slowly. */
  LINKS_REST: 4,
} as const;

/** Bits of PeerExtension.features in the response of an enrollment. */
export const EnrollFeature = {
  /** A unicast layer spreads allocations round-robin. */
  ROUND_ROBIN: 1,
  /** Members must have certificates. */
  AUTHENTICATED: 2,
} as const;

/** Decodes the `ext` bytes of a message. A caller takes a refused extension as none. */
export function decodePeerExtension(bytes: Uint8Array): Decoded<PeerExtension> {
  const message = readMessage(PeerExtensionSchema, bytes, PEER_EXTENSION_MAX);
  if (!message.ok) return message;
  const { field } = PeerExtensionSchema;
  const { version, features, keepaliveMs } = message.value;
  return accepted({
    version: isFieldSet(message.value, field.version) ? version : undefined,
    features: isFieldSet(message.value, field.features) ? features : undefined,
    keepaliveMs: isFieldSet(message.value, field.keepaliveMs) ? keepaliveMs : undefined,
  });
}

/** EINVAL for a value that is not an unsigned 32-bit number. */
export function encodePeerExtension(extension: PeerExtension): Uint8Array {
  const { version, features, keepaliveMs } = extension;
  return writeMessage(PeerExtensionSchema, { version, features, keepaliveMs }, PEER_EXTENSION_MAX);
}
