import type { HostReports } from '@ouroboros/ipcp-kit';
import { OuroborosError, fromMs, type JsonObject } from '@ouroboros/model';
import { sleep, type Clock } from '@ouroboros/ports';
import type { LayerBelow } from '@ouroboros/wire';

/** Of the patience, what the way to another IPCP and back takes. */
const HAND_OVER_MS = 100;

/** What the IPCPs of this host, of the layers below, say of the links of a member. */
export class LinksBelow {
  constructor(
    /** Null: nothing can be asked. */
    private readonly host: HostReports | null,
    private readonly clock: Clock,
  ) {}

  /** The way of a lower flow through its layer, and `ranks` − 1 further ranks; null: nobody says, or not in time. */
  async of(flowId: number, ranks: number, patienceMs: number): Promise<LayerBelow | null> {
    if (!this.host || patienceMs <= HAND_OVER_MS) return null;
    const late = sleep(this.clock, fromMs(patienceMs)).then(() => null);
    return Promise.race([late, lookBelow(this.host, flowId, ranks, patienceMs).catch(() => null)]);
  }
}

async function lookBelow(
  host: HostReports,
  flowId: number,
  ranks: number,
  patienceMs: number,
): Promise<LayerBelow | null> {
  const [flows, ipcps] = await Promise.all([host.flowList(), host.ipcpList()]);
  const flow = flows.find((one) => one.flowId === flowId);
  const ipcp = ipcps.find(({ name }) => name === flow?.ipcp);
  if (!flow || !ipcp) return null;
  const { layer, type } = ipcp;
  const args: JsonObject = { flow: flowId, ranks: ranks - 1, patienceMs: patienceMs - HAND_OVER_MS };
  try {
    return (await host.ipcpReport(ipcp.name, 'below', args)) as unknown as LayerBelow;
  } catch (thrown) {
    if (!(thrown instanceof OuroborosError && thrown.code === 'EINVAL' && thrown.field === 'topic')) throw thrown;
    return { layer, type, authenticated: false, cut: false, steps: [] };
  }
}
