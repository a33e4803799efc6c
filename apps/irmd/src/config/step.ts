import type { JsonObject } from '@ouroboros/model';
import type { Balancing, Direct, NamePaths, RestartPolicy, SecurityPolicy, Spread } from '@ouroboros/ports';
import type { ConfigTable, IpcpTable, NameTable } from './configuration.js';
import { keyPath } from './fault.js';

/** One change of the node that a configuration asks for. Each is one command of `irm`. */
export type Step =
  | {
      readonly do: 'name-create';
      readonly name: string;
      readonly balancing: Balancing;
      readonly spread: Spread | '';
      readonly direct: Direct | '';
      readonly paths: NamePaths;
      readonly security: SecurityPolicy;
    }
  | { readonly do: 'name-destroy'; readonly name: string }
  | { readonly do: 'name-secure'; readonly name: string; readonly security: SecurityPolicy }
  | {
      readonly do: 'bind-program';
      readonly name: string;
      readonly program: string;
      readonly args: readonly string[];
      readonly auto: boolean;
    }
  | { readonly do: 'unbind-program'; readonly name: string; readonly program: string }
  | {
      readonly do: 'ipcp-create';
      readonly ipcp: string;
      readonly type: string;
      readonly restart: RestartPolicy;
      readonly security: SecurityPolicy;
    }
  | {
      readonly do: 'ipcp-bootstrap';
      readonly ipcp: string;
      readonly layer: string;
      readonly config: JsonObject;
      readonly autobind: boolean;
    }
  | {
      readonly do: 'ipcp-enroll';
      readonly ipcp: string;
      readonly dst: string;
      readonly config: JsonObject;
      readonly autobind: boolean;
    }
  | { readonly do: 'ipcp-secure'; readonly ipcp: string; readonly security: SecurityPolicy }
  | { readonly do: 'ipcp-autobind'; readonly ipcp: string; readonly on: boolean }
  | { readonly do: 'ipcp-connect'; readonly ipcp: string; readonly dst: string }
  | { readonly do: 'ipcp-disconnect'; readonly ipcp: string; readonly dst: string }
  | { readonly do: 'name-register'; readonly ipcp: string; readonly name: string }
  | { readonly do: 'name-unregister'; readonly ipcp: string; readonly name: string };

/** The steps of one table, in order; those of different tables need not wait for each other. */
export interface Task {
  /** Key path of the table. */
  readonly key: string;
  readonly steps: readonly Step[];
}

export const tableKey = (table: ConfigTable): string =>
  keyPath(table.kind === 'name' ? 'name' : table.type, table.name);

/** What makes a table true on a node that has nothing of it. After enrol: autobind, reg, conn. [spec/architecture.md §6] */
export const taskOf = (table: ConfigTable): Task => ({
  key: tableKey(table),
  steps: table.kind === 'name' ? nameSteps(table) : ipcpSteps(table),
});

function nameSteps(table: NameTable): Step[] {
  const { name, balancing, spread, direct, paths, security } = table;
  const create: Step = { do: 'name-create', name, balancing, spread, direct, paths, security };
  return [create, ...table.programs.map((program) => bindStep(name, program))];
}

export const bindStep = (name: string, program: NameTable['programs'][number]): Step => ({
  do: 'bind-program',
  name,
  program: program.path,
  args: program.args,
  auto: program.auto,
});

function ipcpSteps(table: IpcpTable): Step[] {
  const { name: ipcp, type, restart, security, join, config, autobind } = table;
  const create: Step = { do: 'ipcp-create', ipcp, type, restart, security };
  if (!join) return [create];
  const joining: Step =
    join.how === 'bootstrap'
      ? { do: 'ipcp-bootstrap', ipcp, layer: join.layer, config, autobind }
      : { do: 'ipcp-enroll', ipcp, dst: join.dst, config, autobind };
  const register = table.reg.map((name): Step => ({ do: 'name-register', ipcp, name }));
  const connect = table.conn.map((dst): Step => ({ do: 'ipcp-connect', ipcp, dst }));
  return [create, joining, ...register, ...connect];
}

const optionText = (option: string, word: string): string => (word === '' ? '' : ` ${option} ${word}`);

/** A step in the words of `irm`. */
export function stepText(step: Step): string {
  switch (step.do) {
    case 'name-create':
      return `name create ${step.name} lb ${step.balancing}${optionText('spread', step.spread)}${optionText('direct', step.direct)}${policyText(step.security)}`;
    case 'name-destroy':
      return `name destroy ${step.name}`;
    case 'name-secure':
      return `name secure ${step.name}${policyText(step.security)}`;
    case 'bind-program':
      return `bind program ${step.program} name ${step.name}${step.auto ? ' auto' : ''}${argsText(step.args)}`;
    case 'unbind-program':
      return `unbind program ${step.program} name ${step.name}`;
    case 'ipcp-create':
      return `ipcp create name ${step.ipcp} type ${step.type}${policyText(step.security)}`;
    case 'ipcp-secure':
      return `ipcp secure name ${step.ipcp}${policyText(step.security)}`;
    case 'ipcp-bootstrap':
      return `ipcp bootstrap name ${step.ipcp} layer ${step.layer}${step.autobind ? ' autobind' : ''}`;
    case 'ipcp-enroll':
      return `ipcp enroll name ${step.ipcp} dst ${step.dst}${step.autobind ? ' autobind' : ''}`;
    case 'ipcp-autobind':
      return `${step.on ? 'bind' : 'unbind'} ipcp ${step.ipcp} to its own name and its layer's`;
    case 'ipcp-connect':
      return `ipcp connect name ${step.ipcp} dst ${step.dst}`;
    case 'ipcp-disconnect':
      return `ipcp disconnect name ${step.ipcp} dst ${step.dst}`;
    case 'name-register':
      return `name register ${step.name} ipcp ${step.ipcp}`;
    case 'name-unregister':
      return `name unregister ${step.name} ipcp ${step.ipcp}`;
  }
}

function policyText({ encryption, authentication }: SecurityPolicy): string {
  const words = [
    ['encryption', encryption],
    ['authentication', authentication],
  ].filter(([, value]) => value !== '');
  return words.map(([word, value]) => ` ${word} ${value}`).join('');
}

const argsText = (args: readonly string[]): string => (args.length > 0 ? ` -- ${args.join(' ')}` : '');
