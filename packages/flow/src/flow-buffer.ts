import { OuroborosError, parseInteger } from '@ouroboros/model';

/** Bounds in bytes of what a flow with FRCP keeps in each direction until the other process has taken it. */
const LEAST = 2 ** 14;
const LARGEST = 2 ** 28;

/** `bytes`, when it is within the bounds or undefined, which stands for FRCP_BUFFER_BYTES. EINVAL. */
export function checkFlowBuffer(bytes: number | undefined): number | undefined {
  if (bytes === undefined || (Number.isInteger(bytes) && bytes >= LEAST && bytes <= LARGEST)) return bytes;
  const message = `bufferBytes must be an integer from ${LEAST} to ${LARGEST}`;
  throw new OuroborosError('EINVAL', message, { field: 'bufferBytes' });
}

/** The same from the text of an option or a variable. EINVAL with its name. */
export const parseFlowBuffer = (field: string, text: string): number => parseInteger(field, text, LEAST, LARGEST);
