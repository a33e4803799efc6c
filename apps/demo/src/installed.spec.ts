import { installed, notInstalled } from './installed.js';

describe('a program', () => {
  it('that is installed is found', () => {
    expect(installed('sh')).toMatch(/^\/.*\/sh$/);
    expect(notInstalled('sh', 'cat')).toBeNull();
  });

  it('that is not is named', () => {
    expect(installed('sh', '/nowhere:/nor/here')).toBeUndefined();
    expect(notInstalled('sh', 'no-such-program', 'nor-this')).toBe('not installed: no-such-program, nor-this');
  });
});
