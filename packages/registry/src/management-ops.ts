import type { ManagementOp } from './messages.js';

const ops: Readonly<Record<ManagementOp, true>> = {
  ipcpCreate: true,
  ipcpDestroy: true,
  ipcpSecure: true,
  ipcpList: true,
  ipcpBootstrap: true,
  ipcpEnroll: true,
  ipcpConnect: true,
  ipcpDisconnect: true,
  ipcpReport: true,
  ipcpControl: true,
  ribList: true,
  ribRead: true,
  bindProgram: true,
  bindProcess: true,
  bindIpcp: true,
  unbindProgram: true,
  unbindProcess: true,
  unbindIpcp: true,
  nameCreate: true,
  nameDestroy: true,
  nameSecure: true,
  nameList: true,
  nameLocate: true,
  nameRegister: true,
  nameUnregister: true,
  flowList: true,
  flowFailures: true,
  status: true,
};

/** Every operation of Management that ends with one reply. The compiler sees to it that none is missing. */
export const MANAGEMENT_OPS = Object.keys(ops) as readonly ManagementOp[];
