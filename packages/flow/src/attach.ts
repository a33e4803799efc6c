import { OuroborosError, fromMs, fromSeconds, type Micros } from '@ouroboros/model';
import {
  sleep,
  type CancelSignal,
  type ChannelGrant,
  type ChannelHost,
  type Clock,
  type FlowEnd,
} from '@ouroboros/ports';

/**
 * Both processes get their grant at about the same time, so the one that is to expect the ticket may be late by some
 * ms. A refusal is believed after 1 s; the pauses double so that the usual case costs 1 or 2 ms.
 */
const PATIENCE = fromSeconds(1);
const FIRST_PAUSE = fromMs(1);
const LONGEST_PAUSE = fromMs(50);

/** Attaches to a granted channel. EFLOWDOWN when `gone` meanwhile; else what the last attempt rejected with. */
export async function attachSoon(
  channels: ChannelHost,
  clock: Clock,
  channel: ChannelGrant,
  gone: () => boolean,
  signal?: CancelSignal,
): Promise<FlowEnd> {
  const limit = clock.now() + PATIENCE;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE) as Micros) {
    try {
      return await channels.attach(channel.path, channel.ticket);
    } catch (thrown) {
      if (!isEarly(thrown) || clock.now() + pause > limit) throw thrown;
    }
    if (gone()) throw new OuroborosError('EFLOWDOWN', 'the flow ended before it began');
    await sleep(clock, pause, signal);
  }
}

const isEarly = (thrown: unknown): boolean =>
  thrown instanceof OuroborosError && (thrown.code === 'EPERM' || thrown.code === 'ENOENT');
