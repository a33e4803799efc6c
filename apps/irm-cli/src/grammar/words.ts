import { OuroborosError } from '@ouroboros/model';

/** A word that is no option of the command, with its value: for the package of an unknown IPCP type. */
export interface OpenWord {
  /** As typed. */
  readonly typed: string;
  /** The option of a known type that it stands for; undefined when there is none. */
  readonly word: string | undefined;
  readonly value: string;
}

/** The arguments of one command, abbreviations expanded; what they mean is for the command to say. */
export class Words {
  constructor(
    readonly operands: readonly string[],
    private readonly options: ReadonlyMap<string, readonly string[]>,
    private readonly flags: ReadonlySet<string>,
    /** Pairs in their order that are not for the command itself. */
    readonly open: readonly OpenWord[],
    /** What followed `--`. */
    readonly trailing: readonly string[],
  ) {}

  /** The value of an option, undefined when not given. */
  get(word: string): string | undefined {
    return this.options.get(word)?.at(-1);
  }

  all(word: string): readonly string[] {
    return this.options.get(word) ?? [];
  }

  has(word: string): boolean {
    return this.flags.has(word) || this.options.has(word);
  }

  /** The value of an option that the table says is required; the parser has seen to it. */
  required(word: string): string {
    const value = this.get(word);
    if (value === undefined) throw new OuroborosError('EINVAL', `${word} is required`, { field: word });
    return value;
  }

  /** An operand that the table says is required; the parser has seen to it. */
  operand(index: number): string {
    const value = this.operands[index];
    if (value === undefined) throw new OuroborosError('EINVAL', 'an argument is missing');
    return value;
  }
}

/** The first entry that `typed` is a prefix of; the order of the table is the order of preference. [spec/architecture.md §7] */
export function firstMatch<T extends { readonly word: string }>(typed: string, table: readonly T[]): T | undefined {
  return typed === '' ? undefined : table.find(({ word }) => word.startsWith(typed));
}
