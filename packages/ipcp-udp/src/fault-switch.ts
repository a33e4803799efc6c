import { OuroborosError, type IpFamily, type JsonObject, type JsonValue } from '@ouroboros/model';

const LEGAL = 'drop = ADDRESS[,ADDRESS…] or clear = true, or clear = ADDRESS[,ADDRESS…]; nothing lists';

/**
 * A switch for tests and drills: everything to and from the listed addresses is silently dropped, as if a cable were
 * cut. No daemon is told. It is never set by a configuration, and is gone when the IPCP is.
 *
 *   control fault {drop: 'ADDRESS[,…]'}   cuts      {clear: true} or {clear: 'ADDRESS[,…]'}   heals      {}   lists
 */
export class FaultSwitch {
  private readonly addresses = new Set<string>();
  /** False: nothing is dropped; spares packet paths the look-up. */
  active = false;

  constructor(private readonly family: IpFamily) {}

  drops(address: string): boolean {
    return this.addresses.has(address);
  }

  control(args: JsonObject): JsonValue {
    const unknown = Object.keys(args).find((key) => key !== 'drop' && key !== 'clear');
    if (unknown !== undefined)
      throw new OuroborosError('EINVAL', `no argument '${unknown}'; legal: ${LEGAL}`, { field: unknown });
    const clear = args['clear'];
    const added = args['drop'] === undefined ? [] : this.addressesOf('drop', args['drop']);
    const removed = isAll(clear) ? [...this.addresses] : clear === undefined ? [] : this.addressesOf('clear', clear);
    for (const address of removed) this.addresses.delete(address);
    for (const address of added) this.addresses.add(address);
    this.active = this.addresses.size > 0;
    return { dropping: [...this.addresses].sort() };
  }

  private addressesOf(field: string, value: JsonValue): string[] {
    const texts = (Array.isArray(value) ? value : String(value).split(',')).map((item) => String(item).trim());
    return texts.map((text) => this.family.canonical(text) ?? this.refuse(field, text));
  }

  private refuse(field: string, text: string): never {
    const message = `${field}: '${text.slice(0, 64)}' is no ${this.family.name} address; legal: ${LEGAL}`;
    throw new OuroborosError('EINVAL', message, { field });
  }
}

const isAll = (clear: JsonValue | undefined): boolean => clear === true || clear === 'true';
