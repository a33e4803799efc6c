import { OuroborosError, nearest } from '@ouroboros/model';
import type { Command, OptionSpec, SwitchSpec } from './command.js';
import { firstMatch, Words, type OpenWord } from './words.js';

/**
 * Sorts the arguments of a command into operands, options, switches and what follows `--`.
 * @throws OuroborosError EINVAL that names the word
 */
export function scan(command: Command, args: readonly string[]): Words {
  const scanner = new Scanner(command, args);
  return scanner.run();
}

class Scanner {
  private at = 0;
  private readonly options = new Map<string, string[]>();
  private readonly flags = new Set<string>();
  private readonly open: OpenWord[] = [];
  private trailing: readonly string[] = [];

  constructor(
    private readonly command: Command,
    private readonly args: readonly string[],
  ) {}

  run(): Words {
    const operands = this.takeOperands();
    while (this.at < this.args.length) this.takeOne(this.args[this.at++]!);
    this.checkRequired();
    return new Words(operands, this.options, this.flags, this.open, this.trailing);
  }

  private takeOperands(): string[] {
    const taken: string[] = [];
    for (const { name, optional } of this.command.operands ?? []) {
      const next = this.args[this.at];
      if (next === undefined || next.startsWith('--')) {
        if (optional) break;
        throw wrong(`<${name}> is required`, name);
      }
      if (next === '') throw wrong(`<${name}> must not be empty`, name);
      taken.push(next);
      this.at++;
    }
    return taken;
  }

  private takeOne(typed: string): void {
    if (typed === '--') this.takeTrailing();
    else if (typed.startsWith('--')) this.takeSwitch(typed);
    else this.takeOption(typed);
  }

  private takeTrailing(): void {
    if (this.command.trailing === undefined) throw wrong('nothing may follow here, so "--" has no meaning', '--');
    this.trailing = this.args.slice(this.at);
    this.at = this.args.length;
  }

  private takeSwitch(typed: string): void {
    const [name = typed, ...inline] = typed.split('=');
    const table = this.command.switches ?? [];
    const found = table.find(({ word }) => word === name);
    if (!found) throw unknown(name, [...table.map(({ word }) => word), '--json', '--help']);
    if (found.value !== undefined) this.store(found, inline.length > 0 ? inline.join('=') : this.takeValue(found));
    else if (inline.length > 0) throw wrong(`${name} takes no value`, name);
    else this.setFlag(name);
  }

  private takeOption(typed: string): void {
    const table = this.command.options ?? [];
    const found = this.command.exactWords ? table.find(({ word }) => word === typed) : firstMatch(typed, table);
    if (!found && !this.command.open)
      throw unknown(
        typed,
        table.map(({ word }) => word),
      );
    if (found && found.value === undefined) return this.setFlag(found.word);
    const value = this.takeValue(found ?? { word: typed, value: '<value>', help: '' });
    if (!found || found.types) this.open.push({ typed, word: found?.word, value });
    else this.store(found, value);
  }

  private takeValue(spec: OptionSpec | SwitchSpec): string {
    const value = this.args[this.at++];
    if (value === undefined)
      throw wrong(`${spec.word} needs a value: ${spec.word} ${spec.value ?? '<value>'}`, spec.word);
    return value;
  }

  private store(spec: OptionSpec | SwitchSpec, value: string): void {
    const values = [...(this.options.get(spec.word) ?? []), value];
    const max = ('max' in spec ? spec.max : undefined) ?? 1;
    if (values.length > max)
      throw wrong(`${spec.word} is given ${values.length} times; at most ${max} is allowed`, spec.word);
    this.options.set(spec.word, values);
  }

  private setFlag(word: string): void {
    if (this.flags.has(word)) throw wrong(`${word} is given twice`, word);
    this.flags.add(word);
  }

  private checkRequired(): void {
    const all = [...(this.command.options ?? []), ...(this.command.switches ?? [])];
    const missing = all.find(({ word, required }) => required && !this.options.has(word) && !this.flags.has(word));
    if (!missing) return;
    const slip = this.open.find(({ typed }) => nearest(typed, [missing.word]) !== undefined);
    const hint = slip ? ` (you wrote "${slip.typed}")` : '';
    throw wrong(
      `${missing.word} is required${missing.value ? `: ${missing.word} ${missing.value}` : ''}${hint}`,
      missing.word,
    );
  }
}

const wrong = (message: string, field: string): OuroborosError => new OuroborosError('EINVAL', message, { field });

/** An error for a word that is none of the legal ones: a suggestion for a slip, else all of them. */
export function unknown(typed: string, legal: readonly string[]): OuroborosError {
  const near = legal.find((word) => typed !== '' && word.startsWith(typed)) ?? nearest(typed, legal);
  if (near !== undefined) return wrong(`unknown word "${typed}": did you mean "${near}"?`, typed);
  const choice = legal.length === 0 ? 'no options are known here' : `expected one of ${legal.join(', ')}`;
  return wrong(`unknown word "${typed}": ${choice}`, typed);
}
