import { execFile } from 'node:child_process';

/** What a command prints; rejects with all that it said when it fails. */
export function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { env, timeout: limitMs, killSignal: 'SIGKILL', encoding: 'utf8' },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${args.join(' ')}: ${error.message}\n${stdout}${stderr}`));
        else resolve(stdout);
      },
    );
  });
}

/** Waits for something that another process does. */
export async function until(done: () => boolean | Promise<boolean>, limitMs: number, what: string): Promise<void> {
  const limit = Date.now() + limitMs;
  while (!(await done())) {
    if (Date.now() > limit) throw new Error(`${what} was waited for in vain`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Does it again when it fails: a C node sometimes leaves a request unanswered. [spec/wire-control.md Q23] */
export async function again<T>(action: () => Promise<T>, tries = 4): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (tries === 1) throw error;
    return again(action, tries - 1);
  }
}
