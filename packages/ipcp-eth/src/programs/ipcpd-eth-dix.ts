import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { ethDixType } from '../eth-type.js';

runIpcp(ethDixType);
