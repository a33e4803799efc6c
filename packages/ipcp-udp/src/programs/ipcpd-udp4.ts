import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { udp4Type } from '../udp-type.js';
import { bindPrograms } from './bind-programs.js';

runIpcp(udp4Type(bindPrograms));
