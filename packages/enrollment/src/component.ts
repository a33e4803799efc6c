import { CEP_UNKNOWN_COMPONENT, type Cep } from '@ouroboros/wire';

/** What a side says of itself: its component, its address (0 = none), and what it offers to a peer of ours. */
export type ComponentRecord = Cep;

/** Why two records do not go together, or undefined when they do. The component's name is not compared, as in C. */
export function mismatch(own: ComponentRecord, peer: Cep): string | undefined {
  const unknown = CEP_UNKNOWN_COMPONENT;
  if (peer.component === unknown.component && peer.protocol === unknown.protocol) {
    return `the peer has no component "${own.component}"`;
  }
  if (peer.protocol !== own.protocol) return `protocol "${peer.protocol}" instead of "${own.protocol}"`;
  if (peer.version !== own.version) return `version ${peer.version} instead of ${own.version}`;
  if (peer.syntax !== own.syntax) return `syntax ${peer.syntax} instead of ${own.syntax}`;
  return undefined;
}
