/** The C library through koffi: the only folder that imports it. Linux, 64 bits, little-endian. */
export { loadNative, native, systemError, tryNative } from './libc.js';
export type { Address, Libc, Native, PollEvents, PollHandle, Pointer } from './libc.js';
export { MessageVector } from './message-vector.js';
export { MAX_DESCRIPTORS, receiveDescriptors, sendDescriptors, type Received } from './descriptor-message.js';
export { loadOpenSsl, type OpenSsl, type OpenSslCalls } from './openssl.js';
export { deviceNames, deviceState, openPacketSocket, receiveFrame, type DeviceState } from './packet-socket.js';
export { peerCredentials, type PeerCredentials } from './peer-credentials.js';
export { RouteSocket } from './route-socket.js';
export { nativeSelfTest } from './self-test.js';
export { createMemoryFile, mapAnonymous, mapMemoryFile, verifyMemoryFile, type MappedMemory } from './shared-memory.js';
export { openTun, type TunDescriptor } from './tun-device.js';
export { longestWhole, openUdp, type UdpSocket } from './udp-socket.js';
export { acceptUnix, closeDescriptor, connectUnix, holdName, listenUnix, ringBell, socketPair } from './unix-socket.js';
