import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { udp6Type } from '../udp-type.js';
import { bindPrograms } from './bind-programs.js';

runIpcp(udp6Type(bindPrograms));
