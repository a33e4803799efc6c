import type { Contender } from './contender.js';
import { IPERF3 } from './iperf3.js';
import { NEBULA } from './nebula.js';
import { OUROBOROS_C } from './ouroboros-c/index.js';
import { WIREGUARD_GO } from './wireguard-go.js';
import { YGGDRASIL } from './yggdrasil.js';

export type { Contender, ContenderSession, OneWayFigure, ProcessMemory, RoundTripFigure } from './contender.js';

export const CONTENDERS: readonly Contender[] = [IPERF3, NEBULA, WIREGUARD_GO, YGGDRASIL, ...OUROBOROS_C];
