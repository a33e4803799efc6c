import { nameFault } from '@ouroboros/model';

/**
 * The name of the flow that a host name stands for; undefined: it stands for none.
 *
 * A host name is the name, then the suffix: `web.o7s` is the name `web`, and `web.net.o7s` is `web.net`. Names have no parts and no
 * layers: dots in them are like any other character. The suffix is compared without regard to case, the name is taken
 * as it is; one dot behind the suffix counts for nothing.
 */
export function flowNameOf(host: string, suffix: string): string | undefined {
  const bare = host.endsWith('.') ? host.slice(0, -1) : host;
  const end = bare.length - suffix.length;
  if (bare.slice(Math.max(0, end)).toLowerCase() !== suffix) return undefined;
  const name = bare.slice(0, end);
  return nameFault(name, 'name') === undefined ? name : undefined;
}
