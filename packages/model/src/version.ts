/** Version of all packages and programs, as `--version` prints it. */
export const VERSION = '0.1.0';
