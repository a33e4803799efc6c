/** What `iperf3 --json` says of a run over UDP. Packets of which neither arrival nor loss was seen, those under way at the end, don't count. */
export interface UdpReport {
  readonly sentPerS: number;
  readonly receivedPerS: number;
  readonly lostPercent: number;
}

/** Throws with the words of iperf3 when it failed, and when a figure is missing. */
export function readUdpReport(json: string): UdpReport {
  const { sum_sent: sent = {}, sum_received: received = {} } = endOf(json);
  const seen = numberOf(received, 'packets');
  const lost = numberOf(received, 'lost_packets');
  return {
    sentPerS: numberOf(sent, 'packets') / numberOf(sent, 'seconds'),
    receivedPerS: (seen - lost) / numberOf(received, 'seconds'),
    lostPercent: seen === 0 ? 100 : (100 * lost) / seen,
  };
}

/** Gb/s of payload that arrived, of what `iperf3 --json` says of a run over TCP. */
export function readTcpReport(json: string): number {
  return numberOf(endOf(json).sum_received ?? {}, 'bits_per_second') / 1e9;
}

type Sum = Readonly<Record<string, unknown>>;

/** Now and then iperf3 ends with success and an error in its report. */
function endOf(json: string): { readonly sum_sent?: Sum; readonly sum_received?: Sum } {
  const { error, end = {} } = JSON.parse(json) as { error?: string; end?: object };
  if (error !== undefined) throw new Error(`iperf3: ${error}`);
  return end;
}

function numberOf(sum: Sum, field: string): number {
  const value = sum[field];
  if (typeof value !== 'number') throw new Error(`the report of iperf3 has no number "${field}"`);
  return value;
}
