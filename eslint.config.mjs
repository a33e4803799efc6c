import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import ts from 'typescript-eslint';

/** Who may import whom (ARCHITECTURE.md, Folders). A `test` package is imported by specs alone. */
const boundaries = [
  { sourceTag: 'layer:base', onlyDependOnLibsWithTags: ['layer:base'] },
  { sourceTag: 'layer:protocol', onlyDependOnLibsWithTags: ['layer:base', 'layer:protocol'] },
  { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: ['layer:base', 'layer:adapter'] },
  { sourceTag: 'layer:kit', onlyDependOnLibsWithTags: ['layer:base', 'layer:protocol', 'layer:kit'] },
  { sourceTag: 'layer:ipcp', onlyDependOnLibsWithTags: ['layer:base', 'layer:protocol', 'layer:kit'] },
  {
    sourceTag: 'layer:policy',
    onlyDependOnLibsWithTags: ['layer:base', 'layer:protocol', 'layer:kit', 'layer:ipcp'],
  },
  {
    sourceTag: 'layer:example',
    onlyDependOnLibsWithTags: ['layer:base', 'layer:protocol', 'layer:kit', 'layer:ipcp'],
  },
  {
    sourceTag: 'layer:app',
    onlyDependOnLibsWithTags: ['layer:base', 'layer:protocol', 'layer:adapter', 'layer:kit', 'layer:app'],
  },
  { sourceTag: 'layer:test', onlyDependOnLibsWithTags: ['layer:base', 'layer:protocol', 'layer:kit', 'layer:test'] },
];
const boundaryRule = (constraints) => [
  'error',
  { enforceBuildableLibDependency: false, allowCircularSelfDependency: true, allow: [], depConstraints: constraints },
];
const withTag = (constraints, source, ...tags) =>
  constraints.map((row) =>
    row.sourceTag === source ? { ...row, onlyDependOnLibsWithTags: [...row.onlyDependOnLibsWithTags, ...tags] } : row,
  );

const PURE = [
  'model',
  'manual',
  'ports',
  'machine',
  'metrics',
  'wire',
  'oap',
  'enrollment',
  'frcp',
  'protection',
  'shim-flow',
  'registry',
  'flow',
  'connections',
  'irm',
  'joining',
  'ipcp-*',
  'policy-*',
  'simnet',
].map((name) => `packages/${name}/src/**/*.ts`);
const NODE_ENTRIES = [
  'packages/*/src/node.ts',
  'packages/*/src/node-*/*.ts',
  'packages/*/src/main.ts',
  'packages/*/src/programs/*.ts',
  'examples/*/src/main.ts',
];

export default ts.config(
  { ignores: ['**/dist', '**/bundle', '**/gen', '**/*.cjs', '**/*.mjs', 'node_modules', '**/*.d.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaryRule(boundaries),
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
    },
  },
  {
    files: PURE,
    ignores: [...NODE_ENTRIES, '**/*.spec.ts', '**/*.fixture.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the time from a Clock.' },
        { object: 'Math', property: 'random', message: 'Take chance from a Random.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the time from a Clock.' },
      ],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'Only adapters, apps and entries touch Node.' }] },
      ],
    },
  },
  {
    files: NODE_ENTRIES,
    rules: {
      '@nx/enforce-module-boundaries': boundaryRule(
        withTag(withTag(boundaries, 'layer:kit', 'layer:adapter'), 'layer:ipcp', 'layer:adapter'),
      ),
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.fixture.ts'],
    rules: {
      '@nx/enforce-module-boundaries': 'off',
      'max-lines': 'off',
    },
  },
);
