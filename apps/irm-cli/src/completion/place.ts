import type { Command, OperandSpec, OptionSpec, SwitchSpec } from '../grammar/command.js';
import { firstMatch } from '../grammar/words.js';

/** Where in a command its next word stands. */
export type Place = AtOperand | AtOptions | AtValue | AtTrailing;

interface AtOperand {
  readonly at: 'operand';
  readonly operand: OperandSpec;
}

interface AtValue {
  readonly at: 'value';
  readonly of: OptionSpec | SwitchSpec;
}

interface AtTrailing {
  readonly at: 'trailing';
  /** The operands of the command. */
  readonly operands: readonly string[];
  /** Words behind `--`. */
  readonly words: readonly string[];
}

export interface AtOptions {
  readonly at: 'options';
  /** Words and switches that stand there already, as often as they do. */
  readonly given: readonly string[];
  /** Value of the option `type`. */
  readonly type: string | undefined;
}

/** Follows the words of a command as the scanner does, but takes whatever may still become right. */
export function placeIn(command: Command, words: readonly string[]): Place {
  const operands = leadingOperands(command, words);
  const expected = (command.operands ?? [])[operands.length];
  if (expected && operands.length === words.length) return { at: 'operand', operand: expected };
  return placeBehind(command, operands, words.slice(operands.length));
}

function leadingOperands({ operands = [] }: Command, words: readonly string[]): readonly string[] {
  const end = words.findIndex((word) => word.startsWith('--'));
  return words.slice(0, Math.min(operands.length, end < 0 ? words.length : end));
}

function placeBehind(command: Command, operands: readonly string[], words: readonly string[]): Place {
  const given: string[] = [];
  let type: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') return { at: 'trailing', operands, words: words.slice(at + 1) };
    const spec = specOf(command, word);
    given.push(spec.word);
    if (spec.value === undefined || word.includes('=')) continue;
    at += 1;
    if (at === words.length) return { at: 'value', of: spec };
    if (spec.word === 'type') type = words[at];
  }
  return { at: 'options', given, type };
}

/** A word that the command does not know has a value: it is for an IPCP type, or wrong. */
function specOf({ options = [], switches = [] }: Command, typed: string): OptionSpec | SwitchSpec {
  const name = typed.split('=', 1)[0];
  const found = typed.startsWith('--') ? switches.find(({ word }) => word === name) : firstMatch(typed, options);
  return found ?? { word: typed, value: '', help: '' };
}
