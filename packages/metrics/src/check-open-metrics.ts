/** What a text of OpenMetrics holds. */
export interface CheckedFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  /** Series: name of the sample with its labels, as text → value. */
  readonly series: ReadonlyMap<string, number>;
}

export interface CheckedMetrics {
  readonly families: readonly CheckedFamily[];
  /** Empty: the text is OpenMetrics 1.0. Else one line each. */
  readonly faults: readonly string[];
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  summary: ['', '_count', '_sum'],
  histogram: ['_bucket', '_count', '_sum'],
};

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=[a-zA-Z_])|$)/;
const NUMBER = /^(?:[+-]Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/;

interface Family {
  readonly name: string;
  readonly described: Set<string>;
  type: string;
  unit: string;
  readonly series: Map<string, number>;
}

/**
 * Reads OpenMetrics text strictly: order and number of descriptions, suffixes, units, labels, numbers, no series twice, no
 * family in two places, cumulative buckets, `# EOF` and nothing behind it. Takes no timestamps and no exemplars: our text has none.
 */
export function checkOpenMetrics(text: string): CheckedMetrics {
  const check = new Check();
  if (!text.endsWith('# EOF\n')) check.fault('the text must end with # EOF and a line feed');
  const lines = text.split('\n').slice(0, -2);
  for (const line of lines) check.line(line);
  return { families: check.end(), faults: check.faults };
}

class Check {
  readonly faults: string[] = [];
  private readonly families = new Map<string, Family>();
  private current: Family | undefined;

  fault(text: string): void {
    this.faults.push(text);
  }

  line(line: string): void {
    const description = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line);
    if (description) this.describe(description[1]!, description[2]!, description[3]!);
    else if (SAMPLE.test(line)) this.sample(line);
    else this.fault(`neither a description nor a sample: ${line}`);
  }

  end(): readonly CheckedFamily[] {
    for (const family of this.families.values()) this.endOf(family);
    return [...this.families.values()];
  }

  private describe(kind: string, name: string, text: string): void {
    if (this.current?.name !== name) this.begin(name);
    const family = this.current!;
    if (family.described.has(kind)) this.fault(`${kind} of ${name} twice`);
    if (family.series.size > 0) this.fault(`${kind} of ${name} behind its samples`);
    family.described.add(kind);
    if (kind === 'TYPE') family.type = text;
    if (kind === 'UNIT') family.unit = text;
  }

  private begin(name: string): void {
    if (this.families.has(name)) this.fault(`the family ${name} stands in two places`);
    this.current = { name, described: new Set(), type: '', unit: '', series: new Map() };
    this.families.set(name, this.current);
  }

  private sample(line: string): void {
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line)!;
    const family = this.current;
    const legal = family ? (SUFFIXES[family.type] ?? []).map((suffix) => family.name + suffix) : [];
    if (!family || !legal.includes(name)) return this.fault(`not of the family that stands above it: ${line}`);
    if (!NUMBER.test(value)) this.fault(`no number: ${line}`);
    const pairs = this.labels(labels, line);
    const key = `${name}{${pairs.sort().join(',')}}`;
    if (family.series.has(key)) this.fault(`twice: ${key}`);
    family.series.set(key, Number(value.replace('Inf', 'Infinity')));
  }

  private labels(text: string, line: string): string[] {
    const pairs: string[] = [];
    const names = new Set<string>();
    for (let rest = text; rest !== '';) {
      const found = LABEL.exec(rest);
      if (!found) {
        this.fault(`no label at '${rest}': ${line}`);
        break;
      }
      if (names.has(found[1]!)) this.fault(`label ${found[1]} twice: ${line}`);
      names.add(found[1]!);
      pairs.push(`${found[1]}="${found[2]}"`);
      rest = rest.slice(found[0].length);
    }
    return pairs;
  }

  private endOf({ name, described, type, unit, series }: Family): void {
    if (!described.has('TYPE') || !SUFFIXES[type]) this.fault(`${name} has no type that is known: '${type}'`);
    if (!described.has('HELP')) this.fault(`${name} has no help`);
    if (unit !== '' && !name.endsWith(`_${unit}`)) this.fault(`${name} does not end with its unit ${unit}`);
    if (series.size === 0) this.fault(`${name} has no samples`);
    if (type === 'counter' && [...series.values()].some((value) => !(value >= 0))) this.fault(`${name} is negative`);
    if (type === 'histogram') this.buckets(name, series);
  }

  /** Buckets are cumulative, and the last one is the count. */
  private buckets(name: string, series: ReadonlyMap<string, number>): void {
    let before = 0;
    for (const [key, value] of series) {
      if (!key.startsWith(`${name}_bucket`)) continue;
      if (value < before) this.fault(`not cumulative: ${key}`);
      before = /le="\+Inf"/.test(key) ? 0 : value;
      if (before !== 0 || !/le="\+Inf"/.test(key)) continue;
      const count = series.get(
        key
          .replace(`${name}_bucket`, `${name}_count`)
          .replace(/,?le="\+Inf"/, '')
          .replace(/^([^{]*)\{,/, '$1{'),
      );
      if (count !== value) this.fault(`the last bucket is not the count: ${key}`);
    }
  }
}
