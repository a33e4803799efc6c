import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { OuroborosError } from '@ouroboros/model';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { lossyType } from './lossy-type.js';

const refuse = (): Promise<never> =>
  Promise.reject(new OuroborosError('ENOTSUP', 'a lossy layer has no dynamic DNS; use hosts', { field: 'dns' }));
const noDynamicDns: DynamicDns = { check: refuse, add: refuse, remove: refuse, lookup: refuse };

runIpcp(lossyType(udp4Type(noDynamicDns)));
