import type { LiveKind } from '@ouroboros/manual';
import { completeProgram, type ProgramTable } from './complete-program.js';
import type { NodeKnowledge } from './node-knowledge.js';

const TABLE: ProgramTable = {
  names: ['otest'],
  options: {
    name: { type: 'string', short: 'n', value: 'NAME', help: 'name to try' },
    old_name: { type: 'string', value: 'NAME' },
    layer: { type: 'string', multiple: true, value: 'LAYER', help: 'where' },
    config: { type: 'string', value: 'FILE', help: 'what' },
    test: { type: 'string', short: 't', value: 'TEST', help: 'how', completes: ['uni', 'bi'] },
    size: { type: 'string', value: 'BYTES', help: 'how much' },
    listen: { type: 'boolean', short: 'l', help: 'be tried' },
  },
};

const HAS: Readonly<Record<LiveKind, readonly string[]>> = {
  name: ['hello', 'world'],
  layer: ['loop'],
  ipcp: [],
  type: [],
  rib: [],
};
const node: NodeKnowledge = {
  values: async (kind) => HAS[kind].map((word) => ({ word, help: '' })),
  options: async () => [],
};

const offered = async (line: string): Promise<readonly string[]> => {
  const { candidates, paths } = await completeProgram(TABLE, line.split(' '), node);
  return [...(paths ? [`(${paths})`] : []), ...candidates.map(({ word }) => word)];
};

describe('completion of a program with options', () => {
  it.each([
    ['', ['--name', '--layer', '--config', '--test', '--size', '--listen']],
    ['-', ['--name', '--layer', '--config', '--test', '--size', '--listen']],
    ['--name x --l', ['--layer', '--listen']],
    ['-n x --n', []],
    ['--layer a --la', ['--layer']],
    ['-l --li', []],
    ['-n ', ['hello', 'world']],
    ['-ln h', ['hello']],
    ['--old_name w', ['world']],
    ['--name=h', ['--name=hello']],
    ['--listen=h', []],
    ['--layer ', ['loop']],
    ['-t b', ['bi']],
    ['--size ', []],
    ['--config ', ['(file)']],
    ['--nonsense x', []],
    ['-- ', []],
  ])('offers for "%s" %j', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });
});

describe('completion of a program with verbs', () => {
  const WITH_VERBS: ProgramTable = {
    ...TABLE,
    verbs: {
      expose: { words: ['NAME', 'PORT'], options: ['layer'], help: 'serve' },
      connect: { words: ['NAME'], options: ['test'], help: 'call' },
    },
  };

  it.each([
    ['', ['expose', 'connect', '--name', '--layer', '--config', '--test', '--size', '--listen']],
    ['exp', ['expose']],
    ['-n x c', ['connect']],
    ['expose h', ['hello']],
    ['expose --layer loop w', ['world']],
    ['expose hello 8', []],
    ['expose hello --t', []],
    ['expose hello --l', ['--layer', '--listen']],
    ['connect --t', ['--test']],
    ['nonsense --t', []],
  ])('offers for "%s" %j', async (line, expected) => {
    const { candidates } = await completeProgram(WITH_VERBS, line.split(' '), node);
    expect(candidates.map(({ word }) => word)).toEqual(expected);
  });
});
