import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { broadcastType } from './index.js';

runIpcp(broadcastType);
