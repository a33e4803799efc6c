// The long suites: *.long.spec.ts, one at a time, so that their measurements don't disturb each other.
import base from './jest.config.mjs';

export default {
  ...base,
  testMatch: ['**/src/**/*.long.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 20 * 60 * 1000,
  maxWorkers: 1,
};
