/** Paths from the root of the workspace. */
export const API_DOCUMENT = 'docs/api.md';
export const EXAMPLES_FILE = 'apps/docs/src/api/examples.ts';
export const SNAPSHOT = 'proto/ouroboros/irm/v1/published.txt';
