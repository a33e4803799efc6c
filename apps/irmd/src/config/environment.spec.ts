import fc from 'fast-check';
import { parse } from 'smol-toml';
import { expandEnvironment } from './environment.js';
import { formatFault } from './fault.js';

const expanded = (text: string, env: Record<string, string | undefined>): string => {
  const result = expandEnvironment(text, env);
  if (!result.ok) throw new Error(result.faults.map(formatFault).join('\n'));
  return result.text;
};
const faults = (text: string, env: Record<string, string | undefined> = {}): string[] => {
  const result = expandEnvironment(text, env);
  return result.ok ? [] : result.faults.map(formatFault);
};

describe('variables of the environment in a configuration', () => {
  it('stand in keys and values, several in a line', () => {
    const text = '[unicast."net.${NODE}"]\nx = "${A}:${B}"\n';
    expect(expanded(text, { NODE: 'n1', A: '10.0.0.1', B: '7' })).toBe('[unicast."net.n1"]\nx = "10.0.0.1:7"\n');
  });

  it('may be empty', () => expect(expanded('x = "${A}"', { A: '' })).toBe('x = ""'));

  it('are not looked for in comments, nor in what looks like them', () => {
    const text = '  # ip = "${POD_IP}"\nx = "$POD_IP ${} ${1} $"\n';
    expect(expanded(text, {})).toBe(text);
  });

  it('that do not exist are all told, with their lines', () => {
    expect(faults('a = "${A}"\n# ${C}\nb = "${B}${A}"')).toEqual([
      'line 1: the variable A is not in the environment',
      'line 3: the variable B is not in the environment',
      'line 3: the variable A is not in the environment',
    ]);
  });

  it('are not expanded again', () => expect(expanded('x = "${A}"', { A: '${B}' })).toBe('x = "${B}"'));

  it('cannot become more than part of a string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const result = expandEnvironment('x = "<${V}>"\ny = 1', { V: value });
        if (result.ok) expect(parse(result.text)).toEqual({ x: `<${value}>`, y: 1 });
        else expect(result.faults.map(formatFault)[0]).toMatch(/^line 1: the variable V has a quote, backslash or/);
      }),
    );
  });
});
