// One jest run serves the whole workspace; packages are read from their sources, so no build is needed first.
export default {
  testEnvironment: 'node',
  // A process that has run many specs is slow: it is replaced when it has grown.
  workerIdleMemoryLimit: '400MB',
  // Simulations and property tests compute; on a busy machine that takes longer than jest's 5 s.
  testTimeout: 60_000,
  setupFilesAfterEnv: ['<rootDir>/tools/retry-real-time.cjs'],
  roots: ['<rootDir>/packages', '<rootDir>/apps', '<rootDir>/examples'],
  testMatch: ['**/src/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.long\\.spec\\.ts$'],
  modulePathIgnorePatterns: ['/dist/', '/bundle/'],
  transform: {
    '^.+\\.[tj]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // These packages are ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!@noble/)'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@ouroboros/(flow|irm|ipcp-kit|joining)/node$': '<rootDir>/packages/$1/src/node.ts',
    '^@ouroboros/flow/http$': '<rootDir>/packages/flow/src/node-http/index.ts',
    '^@ouroboros/(demo)$': '<rootDir>/apps/$1/src/index.ts',
    '^@ouroboros/([a-z0-9-]+)$': '<rootDir>/packages/$1/src/index.ts',
  },
};
