/** The packet channel between processes of one host: shared memory, and streams where that is not possible. */
export { channelKind, createChannelHost, type NodeChannelHost } from './create-channel-host.js';
export type { ChannelKind } from './channel-message.js';
export { MAX_CONNECTIONS, type ChannelCounters, type ChannelHostOptions } from './channel-options.js';
export { MAX_SLOTS } from './control-area.js';
export { ShmChannelHost } from './shm-host.js';
export { StreamChannelHost } from './stream-host.js';
export { MAX_EXPECTED } from './ticket-table.js';
