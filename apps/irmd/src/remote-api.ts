import { endpointText } from '@ouroboros/model';
import type { Logger, Management } from '@ouroboros/ports';
import { MANAGEMENT_ROLES, RemoteIrmServer, type RemoteCaller, type Role } from '@ouroboros/rpc';
import type { ApiSettings } from './config/configuration.js';

/** Refusals that are logged in any one second; a flood of them must not fill the disk. */
const REFUSALS_PER_SECOND = 5;

/** Opens management to other hosts. Roles follow `settings`, which may change while it is open. */
export async function openApi(
  settings: () => ApiSettings,
  managementFor: (caller: RemoteCaller) => Management,
  logger: Logger,
): Promise<RemoteIrmServer> {
  const { listen, certificate: cert, key, authority: ca, revoked: crl } = settings();
  const server = new RemoteIrmServer({
    listen,
    files: { own: { cert, key }, ca, crl },
    roleOf: (subject) => roleIn(settings(), subject),
    managementFor: (caller) => audited(managementFor(caller), caller, logger),
    onRefused: limited((address, why) => logger.log('warn', 'a caller of the API was refused', { address, why })),
  });
  await server.listen();
  logger.log('info', 'the API is open to other hosts', { listen: endpointText(listen) });
  return server;
}

const roleIn = ({ read, operate }: ApiSettings, subject: string): Role | null => {
  if (operate.includes(subject)) return 'operate';
  return read.includes(subject) ? 'read' : null;
};

/** Whatever may change the node is in the log, with who asked for it. */
function audited(management: Management, caller: RemoteCaller, logger: Logger): Management {
  const methods = Object.keys(MANAGEMENT_ROLES) as (keyof Management)[];
  const changing = methods.filter((method) => MANAGEMENT_ROLES[method] === 'operate');
  const logged = changing.map((method) => {
    const call = management[method] as (...args: unknown[]) => unknown;
    const log = (...args: unknown[]): unknown => {
      logger.log('info', 'a call of the API', { method, ...caller });
      return call.apply(management, args);
    };
    return [method, log];
  });
  return { ...management, ...Object.fromEntries(logged) };
}

function limited(log: (address: string, why: string) => void): (address: string, why: string) => void {
  let [second, count] = [0, 0];
  return (address, why) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) [second, count] = [now, 0];
    count += 1;
    if (count <= REFUSALS_PER_SECOND) log(address, why);
  };
}
