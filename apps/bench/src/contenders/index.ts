import type { Contender } from './contender.js';
import { IPERF3 } from './iperf3.js';

export type { Contender, ContenderSession, OneWayFigure, ProcessMemory, RoundTripFigure } from './contender.js';

export const CONTENDERS: readonly Contender[] = [IPERF3];
