import type { Management } from '@ouroboros/ports';

/** What a caller from another host may do: look, or also change. `operate` includes `read`. */
export type Role = 'read' | 'operate';

/**
 * The role that each method demands. `operate` is as good as an account on the host: programs can be bound to names and
 * started. What an IPCP is told by `ipcpControl` changes it.
 */
export const MANAGEMENT_ROLES: Readonly<Record<keyof Management, Role>> = {
  ipcpCreate: 'operate',
  ipcpDestroy: 'operate',
  ipcpSecure: 'operate',
  ipcpDescribe: 'read',
  ipcpList: 'read',
  ipcpBootstrap: 'operate',
  ipcpEnroll: 'operate',
  ipcpConnect: 'operate',
  ipcpDisconnect: 'operate',
  ipcpReport: 'read',
  ipcpControl: 'operate',
  ribList: 'read',
  ribRead: 'read',
  bindProgram: 'operate',
  bindProcess: 'operate',
  bindIpcp: 'operate',
  unbindProgram: 'operate',
  unbindProcess: 'operate',
  unbindIpcp: 'operate',
  nameCreate: 'operate',
  nameDestroy: 'operate',
  nameSecure: 'operate',
  nameList: 'read',
  nameRegister: 'operate',
  nameUnregister: 'operate',
  nameLocate: 'read',
  flowList: 'read',
  flowFailures: 'read',
  status: 'read',
  watch: 'read',
};

/** Whether who has `held` may do what demands `demanded`. */
export const suffices = (held: Role | null, demanded: Role): boolean => held === 'operate' || held === demanded;
