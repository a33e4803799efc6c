import type { PacketFlow } from '@ouroboros/flow';
import { MachineDriver, type Machine } from '@ouroboros/machine';
import { EMPTY_BYTES, OuroborosError, type ErrorCode } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';

type Packet = { readonly kind: 'packet'; readonly bytes: Uint8Array };
type Start = { readonly kind: 'start' };
type Send = { readonly kind: 'send'; readonly bytes: Uint8Array };
type Failed = { readonly kind: 'failed'; readonly reason: string; readonly code?: ErrorCode };

/** Longest control message of any protocol that converses over a flow of its own. */
const LONGEST = 2048;

/**
 * Runs a machine over a flow until `settle` answers a result for one of its outputs; rejects with EIPCP when the machine fails or
 * the flow goes down. Packets that come after the end stay in the flow for whoever has it next.
 */
export function converse<In extends { kind: string }, Out extends { kind: string }, R>(
  flow: PacketFlow,
  machine: Machine<In | Start | Packet, Out | Send | Failed>,
  clock: Clock,
  settle: (output: Out, give: (input: In) => void) => R | undefined,
): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    let over = false;
    const driver = new MachineDriver<In | Start | Packet, Out | Send | Failed>(machine, clock, act);

    function end(): void {
      over = true;
      driver.stop();
      flow.onPacket = null;
      flow.onDown = null;
    }
    function fail(reason: string, code: ErrorCode = 'EIPCP'): void {
      if (over) return;
      end();
      reject(new OuroborosError(code, reason, { stage: 'remote' }));
    }
    function act(output: Out | Send | Failed): void {
      if (isSend(output)) flow.send(EMPTY_BYTES, 0, output.bytes, 0, output.bytes.length);
      else if (isFailed(output)) fail(output.reason, output.code);
      else finish(settle(output, (input) => driver.input(input)));
    }
    function finish(result: R | undefined): void {
      if (result === undefined || over) return;
      end();
      resolve(result);
    }

    flow.onDown = () => fail('the flow went down');
    flow.onPacket = (buffer, offset, length) => {
      if (over) return false;
      if (length <= LONGEST) driver.input({ kind: 'packet', bytes: buffer.slice(offset, offset + length) });
      return true;
    };
    driver.input({ kind: 'start' });
    if (flow.down !== null) fail('the flow went down');
  });
}

const isSend = (output: { kind: string }): output is Send => output.kind === 'send';
const isFailed = (output: { kind: string }): output is Failed => output.kind === 'failed';
