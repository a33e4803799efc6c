import { parseArgs } from 'node:util';
import { INFORMATION, type OptionTable } from '@ouroboros/manual';
import { QOS_BY_NAME, QOS_RAW, toOuroborosError, usageError, type QosSpec } from '@ouroboros/model';

/** A command that asks for a text about the tool. */
export interface Information {
  readonly kind: 'help' | 'version';
}

type Values<T extends OptionTable> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T & typeof INFORMATION }>
>['values'];

const MAX_RATE = 1e12;
const UNIT_RATE: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 };

/** The values of a tool's own options, and of `--help` and `--version`. EINVAL for an option that there is not, or that lacks its value. */
export function readOptions<const T extends OptionTable>(args: readonly string[], options: T): Values<T> {
  return parsed(args, options, false).values;
}

/** As `readOptions`, of a tool that also takes words. */
export function readWords<const T extends OptionTable>(
  args: readonly string[],
  options: T,
): { readonly words: readonly string[]; readonly values: Values<T> } {
  const { values, positionals } = parsed(args, options, true);
  return { words: positionals, values };
}

function parsed<const T extends OptionTable>(args: readonly string[], options: T, allowPositionals: boolean) {
  try {
    return parseArgs({ args: [...args], options: { ...options, ...INFORMATION }, allowPositionals });
  } catch (thrown) {
    throw toOuroborosError(thrown, 'EINVAL');
  }
}

/** What is asked about the tool, before anything else counts; undefined: nothing. */
export function asked({ help, version }: { help?: boolean; version?: boolean }): Information | undefined {
  if (help) return { kind: 'help' };
  return version ? { kind: 'version' } : undefined;
}

/** The QoS of a word. EINVAL. */
export function qosOption(word: string | undefined, byDefault: QosSpec = QOS_RAW): QosSpec {
  if (word === undefined) return byDefault;
  const qos = Object.hasOwn(QOS_BY_NAME, word) ? QOS_BY_NAME[word] : undefined;
  if (qos) return qos;
  throw usageError('qos', `qos: '${word}' is none of ${Object.keys(QOS_BY_NAME).join(', ')}`);
}

/** Bits per second: a number with k, M or G; without a letter it counts `bare` each. EINVAL. */
export function rateOption(text: string, bare: number): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(.*)$/.exec(text) ?? [];
  const factor = unit === '' ? bare : Object.hasOwn(UNIT_RATE, unit) ? UNIT_RATE[unit]! : NaN;
  const rate = Number(number) * factor;
  if (rate > 0 && rate <= MAX_RATE) return rate;
  throw usageError('rate', `rate: '${text}' is no rate (a number above 0 with k, M or G, at most 1000G)`);
}
