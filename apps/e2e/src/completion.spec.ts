import { execFileSync } from 'node:child_process';
import { installed } from '@ouroboros/demo';
import { BIN } from './programs.js';
import { OneNode } from './one-node.js';

jest.setTimeout(30_000);

/** Lines whose end is completed, and what must stand there afterwards. */
const CASES: readonly (readonly [line: string, word: string])[] = [
  ['irm name regi', 'register'],
  ['irm name register hel', 'hello'],
  ['irm bind ipcp l', 'l0'],
  ['irm name register hello layer lo', 'loop'],
  ['oping -n hel', 'hello'],
  ['irmd --check', '--check-config'],
];
const LINES = CASES.map(([line]) => line);

let node: OneNode;
beforeAll(async () => {
  node = new OneNode();
  await node.up('[name.hello]\nlb = "spill"\n[local.l0]\nbootstrap = "loop"\n');
});
afterAll(() => node.destroy());

interface Shell {
  readonly args: readonly string[];
  /** A script that prints for every line, each on one of its own, what it is completed to. */
  readonly script: (lines: readonly string[]) => string;
}

const SHELLS: Readonly<Record<string, Shell>> = {
  // As readline does: the line in COMP_LINE, the answer in COMPREPLY.
  bash: {
    args: ['--norc'],
    script: (lines) => `
      source <(irm completion bash)
      for COMP_LINE in ${quoted(lines)}; do
        complete -p "\${COMP_LINE%% *}" > /dev/null || exit
        COMP_POINT=\${#COMP_LINE}; _ouroboros; echo "\${COMPREPLY[*]}"
      done`,
  },
  // Keys into a terminal of its own: the line, a tabulator, and round both of them what prints it.
  zsh: {
    args: ['-f'],
    script: (lines) => `
      zmodload zsh/zpty
      zpty terminal zsh -f -i
      await() {
        local part
        repeat 200; do
          while zpty -r -t terminal part; do seen+=$part; done
          [[ $seen == *$~1* ]] && return
          sleep 0.05
        done
        print -r -- "no $1 in: $seen"
        exit 1
      }
      seen=; zpty -w terminal 'PS1= RPS1=; autoload -U compinit; compinit -u -D; source <(irm completion zsh); print lo""aded'
      await loaded
      for line in ${quoted(lines)}; do
        seen=; zpty -w -n terminal "$line"$'\\t\\C-aprint -r -- BE""GIN \\C-e EN""D\\n'; await 'BEGIN *END'
        seen=\${seen##*BEGIN }; print -r -- "\${seen%% END*}"
      done
      zpty -d terminal`,
  },
  fish: {
    args: ['--no-config'],
    script: (lines) => `
      irm completion fish | source
      for line in ${quoted(lines)}
        echo (complete -C $line)
      end`,
  },
};

const quoted = (lines: readonly string[]): string => lines.map((line) => `'${line}'`).join(' ');

function complete(shell: string, lines: readonly string[], runtimeDir = node.dir): readonly string[] {
  const { args, script } = SHELLS[shell]!;
  const env = {
    HOME: node.dir,
    PATH: `${BIN}:${process.env['PATH']}`,
    OUROBOROS_RUNTIME_DIR: runtimeDir,
    TERM: 'dumb',
  };
  const output = execFileSync(shell, [...args, '-c', script(lines)], { encoding: 'utf8', env, timeout: 25_000 });
  return output.split('\n').slice(0, -1);
}

describe.each(Object.keys(SHELLS))('completion in %s', (shell) => {
  const there = installed(shell) !== undefined;
  if (!there) process.stdout.write(`  skipped: there is no ${shell} here\n`);
  const maybe = there ? it : it.skip;

  maybe('offers what there is', () => {
    const offered = complete(shell, LINES).map((text) => text.split(/\s+/).filter((word) => word !== ''));
    expect(offered).toEqual(CASES.map(([, word]) => expect.arrayContaining([word])));
  });

  maybe('is silent about a node that does not run', () => {
    const [offered] = complete(shell, ['irm name register hel'], `${node.dir}/absent`);
    expect(offered).not.toContain('hello');
  });
});
