import { notInstalled } from '@ouroboros/demo';
import type { Contender } from './contender.js';
import { IP_TOOLS, IpPath } from './ip-path.js';

/** No tunnel: what IP itself gives between the two hosts. */
export const IPERF3: Contender = {
  title: 'iperf3',
  encrypted: false,
  missing: async () => notInstalled(...IP_TOOLS),
  start: ({ hosts: [a, b] }) => IpPath.open(a!, b!, b!.address),
};
