import type { Management } from '@ouroboros/ports';
import type { FlowFailures } from './flow-failures.js';
import type { IpcpOps } from './ipcp-ops.js';
import type { ManagementCall, ManagementOp } from './messages.js';
import { locate, type LocateParts } from './locate.js';
import type { NameOps } from './name-ops.js';
import type { Views } from './views.js';

export interface ManagementDeskParts extends LocateParts {
  readonly nameOps: NameOps;
  readonly ipcpOps: IpcpOps;
  readonly views: Views;
  readonly failures: FlowFailures;
}

type Handlers = { readonly [K in ManagementOp]: (request: number, ...args: Parameters<Management[K]>) => void };

/** Takes management calls to whoever handles them; each ends with one reply to its request. */
export class ManagementDesk {
  private readonly handlers: Handlers;

  constructor(parts: ManagementDeskParts) {
    const { core, nameOps, ipcpOps, views, failures } = parts;
    this.handlers = {
      ipcpCreate: (request, args) => ipcpOps.create(request, args),
      ipcpDestroy: (request, name) => ipcpOps.destroy(request, name),
      ipcpSecure: (request, name, security) => ipcpOps.secure(request, name, security),
      ipcpList: (request) => core.reply(request, views.ipcpList()),
      ipcpBootstrap: (request, args) => ipcpOps.bootstrap(request, args),
      ipcpEnroll: (request, args) => ipcpOps.enroll(request, args),
      ipcpConnect: (request, args) => ipcpOps.connect(request, args),
      ipcpDisconnect: (request, args) => ipcpOps.disconnect(request, args),
      ipcpReport: (request, name, topic, args) => ipcpOps.inquire(request, name, { op: 'report', args: [topic, args] }),
      ipcpControl: (request, name, command, args) =>
        ipcpOps.inquire(request, name, { op: 'control', args: [command, args] }),
      ribList: (request, name, path) => ipcpOps.inquire(request, name, { op: 'ribList', args: [path] }),
      ribRead: (request, name, path) => ipcpOps.inquire(request, name, { op: 'ribRead', args: [path] }),
      bindProgram: (request, args) => nameOps.bindProgram(request, args),
      bindProcess: (request, pid, name) => nameOps.bindProcess(request, pid, name),
      bindIpcp: (request, ipcp, name) => nameOps.bindIpcp(request, ipcp, name),
      unbindProgram: (request, program, name) => nameOps.unbindProgram(request, program, name),
      unbindProcess: (request, pid, name) => nameOps.unbindProcess(request, pid, name),
      unbindIpcp: (request, ipcp, name) => nameOps.unbindIpcp(request, ipcp, name),
      nameCreate: (request, args) => nameOps.create(request, args),
      nameDestroy: (request, name) => nameOps.destroy(request, name),
      nameSecure: (request, name, security) => nameOps.secure(request, name, security),
      nameList: (request) => core.reply(request, views.nameList()),
      nameLocate: (request, name) => locate(parts, name, (found) => core.reply(request, found)),
      nameRegister: (request, name, ipcp) => nameOps.register(request, name, ipcp),
      nameUnregister: (request, name, ipcp) => nameOps.unregister(request, name, ipcp),
      flowList: (request) => core.reply(request, views.flowList()),
      flowFailures: (request, name) => core.reply(request, failures.list(name)),
      status: (request) => core.reply(request, views.status()),
    };
  }

  handle(request: number, call: ManagementCall): void {
    const handler = this.handlers[call.op] as (request: number, ...args: readonly unknown[]) => void;
    handler(request, ...call.args);
  }
}
