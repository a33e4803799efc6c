import type { NameEntry } from './names.js';
import type { RegistryPolicy } from './options.js';

/**
 * Why flows to a name need a layer even where client and server are on this host, in words; undefined where they need none.
 *
 * The name's own word wins. Without it a name that demands encryption or authentication is not served directly, as nobody shows a certificate
 * for a direct flow and nothing encrypts it; else the node's word holds. What the node demands is demanded of other hosts.
 */
export function layerNeeded(entry: NameEntry | undefined, { directFlows }: RegistryPolicy): string | undefined {
  if (entry?.direct === 'allow') return undefined;
  if (entry?.direct === 'deny') return 'the name denies direct flows';
  const { encryption, authentication } = entry?.security ?? NOTHING;
  if (authentication === 'require') return 'the name requires authentication, which direct flows have not';
  if (encryption === 'require') return 'the name requires encryption, which direct flows have not';
  return directFlows ? undefined : 'this host has no direct flows';
}

const NOTHING = { encryption: '', authentication: '' } as const;
