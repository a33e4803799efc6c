import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { unicastType } from './index.js';

runIpcp(unicastType);
