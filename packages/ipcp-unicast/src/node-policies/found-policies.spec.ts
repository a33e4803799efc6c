import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_POLICIES, unicastTypeWith } from '../index.js';
import { foundPolicies } from './found-policies.js';

let dir: string;
let told: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'o7pol-'));
  told = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

function place(file: string, text: string): string {
  const path = join(dir, file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const policyText = (name: string, number: number): string =>
  `exports.policy = { name: '${name}', number: ${number}, pff: {}, routesFrom: () => new Map() };`;
const names = (policies: readonly { readonly name: string }[]): string[] => policies.map(({ name }) => name);

describe('policies of other packages', () => {
  it('are found in the configured folders, beside the program, and beside what it links to', () => {
    const real = place('real/ipcpd-unicast.cjs', '');
    place('real/unicast-routing-beside.cjs', policyText('beside', 130));
    mkdirSync(join(dir, 'bin'));
    symlinkSync(real, join(dir, 'bin', 'ipcpd-unicast'));
    symlinkSync(place('away/widest.cjs', policyText('widest', 129)), join(dir, 'bin', 'unicast-routing-widest'));
    place('more/unicast-congestion-gentle.cjs', policyText('gentle', 128));
    place('more/other.cjs', 'throw new Error()');
    const env = { OUROBOROS_POLICY_PATH: join(dir, 'more') };
    const { routing, congestion } = foundPolicies(join(dir, 'bin', 'ipcpd-unicast'), env);
    expect(names(routing)).toEqual(['link-state', 'lfa', 'ecmp', 'widest', 'beside']);
    expect(names(congestion)).toEqual(['mb-ecn', 'none', 'gentle']);
    expect(told).toBe('');
  });

  it('are legal words of the configuration, and unknown ones are refused with all that are known', () => {
    place('more/unicast-routing-widest.cjs', policyText('widest', 129));
    const policies = foundPolicies(undefined, { OUROBOROS_POLICY_PATH: join(dir, 'more') });
    const { config } = unicastTypeWith({ extensions: true, policies });
    expect(config.parse({ routing: 'widest' }).routing).toBe('widest');
    expect(config.check({ routing: 'narrowest' })).toEqual([
      { field: 'routing', message: 'must be one of link-state, lfa, ecmp, widest, not "narrowest"' },
    ]);
  });

  it.each([
    ['throw new Error("broken")', 'broken'],
    ['exports.policies = []', 'it exports no "policy"'],
    [policyText('lfa', 140), 'lfa has its name or its number 1'],
    [policyText('mine', 2), 'ecmp has its name or its number 2'],
  ])('that cannot be used are named and left out: %s', (text, why) => {
    place('more/unicast-routing-odd.cjs', text);
    const policies = foundPolicies(undefined, { OUROBOROS_POLICY_PATH: `${join(dir, 'more')}:${join(dir, 'none')}` });
    expect(policies).toEqual(OWN_POLICIES);
    expect(told).toMatch(new RegExp(`unicast-routing-odd.cjs not used: .*${why}`));
    expect(told).toMatch(/policies in .*none not used: .*ENOENT/);
  });
});
