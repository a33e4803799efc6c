/** One command of a longer way, which a user could type. */
export interface Step {
  /** The words of the command, `irm` first. */
  readonly command: readonly string[];
  /** What it would do is there already. */
  readonly done: boolean;
  run(): Promise<unknown>;
}

export interface StepReport {
  /** As it is typed into a shell. */
  readonly command: string;
  readonly state: 'done' | 'was there' | 'not done';
}

export interface StepOptions {
  /** Only tells what would be done. */
  readonly dryRun: boolean;
  /** Told of each step before it is taken. */
  readonly tell: (report: StepReport) => void;
}

/** Takes the steps that are not done yet, in order; rejects with the error of the first that fails. */
export async function takeSteps(steps: readonly Step[], { dryRun, tell }: StepOptions): Promise<readonly StepReport[]> {
  const reports: StepReport[] = [];
  for (const step of steps) {
    const state = step.done ? 'was there' : dryRun ? 'not done' : 'done';
    const report = { command: shellLine(step.command), state } as const;
    reports.push(report);
    tell(report);
    if (state === 'done') await step.run();
  }
  return reports;
}

/** Words as a POSIX shell reads them. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ');

const shellWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
