import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { ethLlcType } from '../eth-type.js';

runIpcp(ethLlcType);
