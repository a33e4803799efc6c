import { sameJson } from '@ouroboros/model';
import type { BindProgramRequest, NameCreateRequest, SecurityPolicy } from '@ouroboros/ports';
import type { AutoStart } from './auto-start.js';
import type { Bindings } from './bindings.js';
import type { Core } from './core.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import { failure, type Failure } from './messages.js';
import { baseName, nameFailure, type NameTable } from './names.js';
import { policyFault } from './policies.js';
import type { ProcessTable } from './processes.js';

export interface NameOpsParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly processes: ProcessTable;
  readonly ipcps: IpcpTable;
  readonly calls: IpcpCalls;
  readonly starter: AutoStart;
  readonly bindings: Bindings;
}

/** Management of names: create, destroy, register, bind. [spec/architecture.md §3] */
export class NameOps {
  constructor(private readonly parts: NameOpsParts) {}

  /** A name that exists already is left as it is. */
  create(request: number, wanted: NameCreateRequest): void {
    const { core, names } = this.parts;
    const { name, balancing, security, spread, direct } = wanted;
    const fault =
      nameFailure(name, 'name') ??
      wordFault('balancing', balancing, ['spill', 'round-robin']) ??
      wordFault('spread', spread, ['nearest', 'round-robin', '']) ??
      wordFault('direct', direct, ['allow', 'deny', '']) ??
      policyFault(security);
    if (fault) return core.fail(request, fault);
    if (!names.get(name)) names.create(wanted);
    core.reply(request, undefined);
  }

  /** Unlike C it takes the name out of the layers too. */
  destroy(request: number, name: string): void {
    const { core, names, processes, ipcps, starter, bindings } = this.parts;
    const entry = names.get(name);
    if (!entry) return core.fail(request, unknownName(name));
    names.destroy(entry);
    for (const process of processes.boundTo(name)) bindings.unbind(process, name);
    starter.reconsider(name);
    for (const ipcp of ipcps.all()) if (ipcp.registrations.has(name)) this.withdraw(ipcp, name);
    core.reply(request, undefined);
  }

  secure(request: number, name: string, security: SecurityPolicy): void {
    const { core, names } = this.parts;
    const entry = names.get(name);
    const fault = entry ? policyFault(security) : unknownName(name);
    if (fault || !entry) return core.fail(request, fault ?? unknownName(name));
    entry.security = security;
    core.keep();
    core.report('name', `name ${name} has another policy`, { name, ...security });
    core.reply(request, undefined);
  }

  register(request: number, name: string, ipcpName: string): void {
    const { core, names, ipcps, calls } = this.parts;
    const ipcp = ipcps.get(ipcpName);
    const fault = nameFailure(name, 'name') ?? (ipcp ? notOperational(ipcp, 'register') : unknownIpcp(ipcpName));
    if (fault || !ipcp?.layer) return core.fail(request, fault ?? unknownIpcp(ipcpName));
    names.ensure(name);
    if (ipcp.registrations.get(name)?.reached) return core.reply(request, undefined);
    const hash = names.hashOf(ipcp.layer.hash, name);
    calls.call(ipcp, { op: 'register', args: [hash] }, core.limits.registerMs, (outcome) => {
      if (!outcome.ok) return core.fail(request, { ...outcome.error, stage: outcome.error.stage ?? 'layer' });
      this.registered(ipcp, name);
      core.reply(request, undefined);
    });
  }

  unregister(request: number, name: string, ipcpName: string): void {
    const { core, names, ipcps } = this.parts;
    const ipcp = ipcps.get(ipcpName);
    if (!names.get(name)) return core.fail(request, unknownName(name));
    if (!ipcp) return core.fail(request, unknownIpcp(ipcpName));
    if (!ipcp.registrations.has(name)) {
      return core.fail(request, failure('ENOENT', `${name} is not registered in ${ipcpName}`, { field: 'name' }));
    }
    this.withdraw(ipcp, name, (error) => (error ? core.fail(request, error) : core.reply(request, undefined)));
  }

  bindProgram(request: number, { program, name, auto, args }: BindProgramRequest): void {
    const { core, names } = this.parts;
    const fault = nameFailure(name, 'name') ?? (program === '' ? emptyProgram : undefined);
    if (fault) return core.fail(request, fault);
    const entry = names.ensure(name);
    const bound = entry.programs.find(({ path }) => path === program);
    if (bound && bound.auto === auto && sameJson([...bound.args], [...args])) return core.reply(request, undefined);
    if (bound) {
      const text = `${program} is bound to ${name} already, with other arguments`;
      return core.fail(request, failure('EEXIST', text, { field: 'program' }));
    }
    entry.programs.push({ path: program, args, auto });
    core.keep();
    core.report('name', `program ${program} bound to ${name}`, { name, program, auto });
    core.reply(request, undefined);
  }

  /** `program`: base name or path. An empty name unbinds from all names. */
  unbindProgram(request: number, program: string, name: string): void {
    const { core, names } = this.parts;
    const entries = name === '' ? [...names.all()] : [names.get(name)].filter((entry) => entry !== undefined);
    if (name !== '' && entries.length === 0) return core.fail(request, unknownName(name));
    let removed = 0;
    for (const entry of entries) {
      const left = entry.programs.filter(({ path }) => baseName(path) !== baseName(program));
      removed += entry.programs.length - left.length;
      entry.programs = left;
    }
    this.replyUnbound(request, removed, `program ${program}`, name);
  }

  /** Waits a moment for a process that has not attached yet. */
  bindProcess(request: number, pid: number, name: string, late = false): void {
    const { core, names, processes, bindings } = this.parts;
    const fault = nameFailure(name, 'name');
    if (fault) return core.fail(request, fault);
    const found = processes.withPid(pid);
    if (found.length === 0) {
      if (late) return core.fail(request, failure('ENOENT', `no process ${pid} is attached`, { field: 'pid' }));
      core.after(core.limits.bindProcessMs, () => this.bindProcess(request, pid, name, true));
      return;
    }
    names.ensure(name).pids.add(pid);
    for (const process of found) bindings.bind(process, name);
    core.keep();
    core.report('name', `process ${pid} bound to ${name}`, { name, pid });
    core.reply(request, undefined);
  }

  unbindProcess(request: number, pid: number, name: string): void {
    const { core, names, processes, bindings } = this.parts;
    const entries = name === '' ? [...names.all()] : [names.get(name)].filter((entry) => entry !== undefined);
    if (name !== '' && entries.length === 0) return core.fail(request, unknownName(name));
    let removed = 0;
    for (const entry of entries) {
      const bound = processes.withPid(pid).filter((process) => process.names.has(entry.name));
      if (entry.pids.delete(pid) || bound.length > 0) removed += 1;
      for (const process of bound) bindings.unbind(process, entry.name);
    }
    this.replyUnbound(request, removed, `process ${pid}`, name);
  }

  bindIpcp(request: number, ipcpName: string, name: string): void {
    const { core, ipcps } = this.parts;
    const ipcp = ipcps.get(ipcpName);
    const fault = ipcp ? nameFailure(name, 'name') : unknownIpcp(ipcpName);
    if (fault || !ipcp) return core.fail(request, fault ?? unknownIpcp(ipcpName));
    this.bindIpcpTo(ipcp, name);
    core.reply(request, undefined);
  }

  /** Binds without a request: autobind. */
  bindIpcpTo(ipcp: IpcpEntry, name: string): void {
    const { core, names, processes, bindings } = this.parts;
    names.ensure(name).ipcps.add(ipcp.name);
    for (const process of processes.withPid(ipcp.pid)) bindings.bind(process, name);
    core.keep();
    core.report('name', `IPCP ${ipcp.name} bound to ${name}`, { name, ipcp: ipcp.name });
  }

  unbindIpcp(request: number, ipcpName: string, name: string): void {
    const { core, names, ipcps, processes, bindings } = this.parts;
    const ipcp = ipcps.get(ipcpName);
    if (!ipcp) return core.fail(request, unknownIpcp(ipcpName));
    const entries = name === '' ? [...names.all()] : [names.get(name)].filter((entry) => entry !== undefined);
    if (name !== '' && entries.length === 0) return core.fail(request, unknownName(name));
    let removed = 0;
    for (const entry of entries) {
      if (!entry.ipcps.delete(ipcpName)) continue;
      removed += 1;
      for (const process of processes.withPid(ipcp.pid)) bindings.unbind(process, entry.name);
    }
    this.replyUnbound(request, removed, `IPCP ${ipcpName}`, name);
  }

  private registered(ipcp: IpcpEntry, name: string): void {
    const { core, names } = this.parts;
    const known = names.get(name) !== undefined;
    ipcp.registrations.set(name, { value: name, reached: true });
    if (!known) return this.withdraw(ipcp, name);
    core.keep();
    core.report('name', `name ${name} registered in ${ipcp.name}`, { name, ipcp: ipcp.name });
  }

  private withdraw(ipcp: IpcpEntry, name: string, done?: (error?: Failure) => void): void {
    const { core, names, calls } = this.parts;
    ipcp.registrations.delete(name);
    ipcp.troubles.delete(`register ${name}`);
    core.keep();
    core.report('name', `name ${name} unregistered from ${ipcp.name}`, { name, ipcp: ipcp.name });
    if (!ipcp.layer) return done?.();
    const hash = names.hashOf(ipcp.layer.hash, name);
    calls.call(ipcp, { op: 'unregister', args: [hash] }, core.limits.unregisterMs, (outcome) => {
      if (!outcome.ok) core.log('warn', `${ipcp.name} did not unregister ${name}`, { why: outcome.error.message });
      done?.(outcome.ok ? undefined : outcome.error);
    });
  }

  private replyUnbound(request: number, removed: number, what: string, name: string): void {
    const { core } = this.parts;
    const from = name === '' ? 'any name' : name;
    if (removed === 0) return core.fail(request, failure('ENOENT', `${what} is not bound to ${from}`));
    core.keep();
    core.report('name', `${what} unbound from ${name === '' ? 'all names' : name}`);
    core.reply(request, undefined);
  }
}

const emptyProgram = failure('EINVAL', 'program is empty', { field: 'program' });

function wordFault(field: string, word: string, words: readonly string[]): Failure | undefined {
  if (words.includes(word)) return undefined;
  const legal = words.filter((one) => one !== '').join(', ');
  return failure('EINVAL', `${field} is '${word}', legal: ${legal}`, { field });
}

export const unknownName = (name: string): Failure =>
  failure('ENAME', `no name ${name}`, { field: 'name', stage: 'name' });
export const unknownIpcp = (name: string): Failure => failure('ENOENT', `no IPCP ${name}`, { field: 'ipcp' });

/** Why an IPCP cannot do this now, if it cannot. */
export function notOperational(ipcp: IpcpEntry, op: string): Failure | undefined {
  if (ipcp.session !== null && !ipcp.operations.has(op)) {
    return failure('ENOTSUP', `an IPCP of type ${ipcp.type} cannot ${op}`, { field: 'ipcp' });
  }
  if (ipcp.state === 'operational' && ipcp.session !== null) return undefined;
  const state = ipcp.session === null ? ipcp.phase : ipcp.state;
  return failure('EIPCPSTATE', `IPCP ${ipcp.name} is ${state}, not operational`, { field: 'ipcp' });
}
