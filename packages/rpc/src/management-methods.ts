import type { Management } from '@ouroboros/ports';
import { method, named, NO_RESULT, only, WHOLE_REPLY, WHOLE_REQUEST, type MethodShape } from './method-shape.js';

export type ManagementMethod = Exclude<keyof Management, 'watch'>;

const ITEMS = only('items');
const VALUE = only('value');

/** Every unary method of management; names and argument names are those of proto/ouroboros/irm/v1. */
export const MANAGEMENT_METHODS: Readonly<Record<ManagementMethod, MethodShape>> = {
  ipcpCreate: method(WHOLE_REQUEST, WHOLE_REPLY),
  ipcpDestroy: method(named('name'), NO_RESULT),
  ipcpSecure: method(named('name', 'security'), NO_RESULT),
  ipcpDescribe: method(named('type'), WHOLE_REPLY),
  ipcpList: method(named(), ITEMS),
  ipcpBootstrap: method(WHOLE_REQUEST, WHOLE_REPLY),
  ipcpEnroll: method(WHOLE_REQUEST, WHOLE_REPLY),
  ipcpConnect: method(WHOLE_REQUEST, NO_RESULT),
  ipcpDisconnect: method(WHOLE_REQUEST, NO_RESULT),
  ipcpReport: method(named('name', 'topic', 'args'), VALUE),
  ipcpControl: method(named('name', 'command', 'args'), VALUE),
  ribList: method(named('ipcp', 'path'), ITEMS),
  ribRead: method(named('ipcp', 'path'), VALUE),
  bindProgram: method(WHOLE_REQUEST, NO_RESULT),
  bindProcess: method(named('pid', 'name'), NO_RESULT),
  bindIpcp: method(named('ipcp', 'name'), NO_RESULT),
  unbindProgram: method(named('program', 'name'), NO_RESULT),
  unbindProcess: method(named('pid', 'name'), NO_RESULT),
  unbindIpcp: method(named('ipcp', 'name'), NO_RESULT),
  nameCreate: method(WHOLE_REQUEST, NO_RESULT),
  nameDestroy: method(named('name'), NO_RESULT),
  nameSecure: method(named('name', 'security'), NO_RESULT),
  nameList: method(named(), ITEMS),
  nameLocate: method(named('name'), ITEMS),
  nameRegister: method(named('name', 'ipcp'), NO_RESULT),
  nameUnregister: method(named('name', 'ipcp'), NO_RESULT),
  flowList: method(named(), ITEMS),
  flowFailures: method(named('name'), ITEMS),
  status: method(named(), WHOLE_REPLY),
};
