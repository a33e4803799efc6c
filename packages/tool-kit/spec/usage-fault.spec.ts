/** For specs of arguments; no tests here. */
import { OuroborosError } from '@ouroboros/model';

/** The message of the EINVAL that `parse` throws. */
export function usageFault(parse: () => unknown): string {
  try {
    parse();
  } catch (thrown) {
    if (thrown instanceof OuroborosError && thrown.code === 'EINVAL') return thrown.message;
    throw thrown;
  }
  throw new Error('no fault');
}
