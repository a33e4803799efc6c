import { runIpcp } from '@ouroboros/ipcp-kit/node';
import { TcpNetwork } from './node-streams/tcp-network.js';
import { tcpType } from './tcp-type.js';

runIpcp(tcpType(() => new TcpNetwork()));
