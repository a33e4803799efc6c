/** Packages that stand in node_modules beside the bundles: koffi has a binary, libsodium is large and rarely needed. */
export const BESIDE = ['koffi', 'libsodium', 'libsodium-wrappers'];

/**
 * Packages that are not shipped: pino-pretty is used where it is installed; grpc-js would read schemas with
 * @grpc/proto-loader for services that we do not have.
 */
export const ABSENT = ['pino-pretty', '@grpc/proto-loader'];
