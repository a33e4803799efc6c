import { OuroborosError } from '@ouroboros/model';
import type { ChannelHost } from '@ouroboros/ports';
import { nativeSelfTest } from '../native/index.js';
import type { ChannelKind } from './channel-message.js';
import type { ChannelCounters, ChannelHostOptions } from './channel-options.js';
import { ShmChannelHost } from './shm-host.js';
import { StreamChannelHost } from './stream-host.js';

/** A ChannelHost of this machine, with what is known about it. */
export interface NodeChannelHost extends ChannelHost {
  readonly counters: Readonly<ChannelCounters>;
}

/**
 * Makes the process's ChannelHost: shared memory where the native self-test passes, else streams. OUROBOROS_CHANNEL =
 * `shm` or `stream` forces one. The processes of a host must all use the same kind; `attach` says so when they don't.
 *
 * EINVAL (names the option), ENOTSUP (`shm` forced and not possible; options that only shared memory has), EEXIST
 * (somebody listens at the path), EACCES, ENOENT.
 */
export async function createChannelHost(options: ChannelHostOptions = {}): Promise<NodeChannelHost> {
  return (await channelKind()) === 'shm' ? new ShmChannelHost(options) : StreamChannelHost.open(options);
}

/** The kind of channel that this process uses. */
export async function channelKind(): Promise<ChannelKind> {
  const forced = process.env['OUROBOROS_CHANNEL'];
  if (forced === 'stream') return 'stream';
  if (forced && forced !== 'shm') {
    throw new OuroborosError('EINVAL', `OUROBOROS_CHANNEL must be shm or stream, not ${forced}`, {
      field: 'OUROBOROS_CHANNEL',
    });
  }
  const fault = await nativeSelfTest();
  if (fault === null) return 'shm';
  if (forced)
    throw new OuroborosError('ENOTSUP', `no shared-memory channels here: ${fault}`, { field: 'OUROBOROS_CHANNEL' });
  return 'stream';
}
