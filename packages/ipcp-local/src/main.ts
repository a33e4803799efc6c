import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { localType } from './local-type.js';

runIpcp(localType);
