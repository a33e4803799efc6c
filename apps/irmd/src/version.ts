/** Release of this program; a spec holds it equal to package.json. */
export const VERSION = '0.1.0';
