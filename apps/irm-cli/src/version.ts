/** Version of the program; equals package.json's. */
export const VERSION = '0.1.0';
