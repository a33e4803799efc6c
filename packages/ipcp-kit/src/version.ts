/** Version of all packages, as `--version` prints it. */
export const VERSION = '0.1.0';
