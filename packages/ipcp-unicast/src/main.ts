import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { unicastTypeWith } from './index.js';
import { foundPolicies } from './node-policies/found-policies.js';

runIpcp(unicastTypeWith({ extensions: true, policies: foundPolicies(process.argv[1], process.env) }));
