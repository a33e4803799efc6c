import { QOS_DATA, QOS_RAW } from '@ouroboros/model';
import { usageFault } from '../spec/usage-fault.spec.js';
import { asked, qosOption, rateOption, readOptions, readWords } from './options.js';

const OPTIONS = { name: { type: 'string', short: 'n' }, listen: { type: 'boolean', short: 'l' } } as const;

describe('the options of a tool', () => {
  it('are its own, and help and version', () => {
    expect({ ...readOptions(['-ln', 'x'], OPTIONS) }).toEqual({ listen: true, name: 'x' });
    expect(asked(readOptions(['-l'], OPTIONS))).toBeUndefined();
    expect(asked(readOptions(['-l', '--version'], OPTIONS))).toEqual({ kind: 'version' });
    expect(asked(readOptions(['--version', '--help'], OPTIONS))).toEqual({ kind: 'help' });
  });

  it('stand among words, where a tool takes some', () => {
    const { words, values } = readWords(['serve', '-n', 'x', '8080'], OPTIONS);
    expect([words, { ...values }]).toEqual([['serve', '8080'], { name: 'x' }]);
  });

  it.each([['--frob'], ['-n'], ['word']])('%s is refused by name', (word) => {
    expect(usageFault(() => readOptions([word], OPTIONS))).toContain(word);
  });

  it('name a QoS by a word', () => {
    expect([qosOption(undefined), qosOption(undefined, QOS_DATA), qosOption('data')]).toEqual([
      QOS_RAW,
      QOS_DATA,
      QOS_DATA,
    ]);
    expect(usageFault(() => qosOption('gold'))).toBe("qos: 'gold' is none of raw, best, video, voice, data");
  });

  it('give a rate with a letter, or without', () => {
    expect([rateOption('5', 1000), rateOption('5', 1), rateOption('1.5M', 1), rateOption('2G', 1)]).toEqual([
      5000, 5, 1.5e6, 2e9,
    ]);
    for (const text of ['0', '5x', 'k', '1001G']) expect(usageFault(() => rateOption(text, 1))).toContain(`'${text}'`);
  });
});
