import { OuroborosError, type QosSpec } from '@ouroboros/model';

const LIMITS = {
  delay: 0xffffffff,
  availability: 0xff,
  loss: 0xffffffff,
  ber: 0xffffffff,
  inOrder: 0xff,
  maxGap: 0xffffffff,
  timeout: 0xffffffff,
} as const;
const MAX_BANDWIDTH = 2n ** 64n - 1n;

/** EINVAL with the field for a value outside the type of spec/architecture.md §8.4. */
export function checkQos(qos: QosSpec): void {
  for (const [field, max] of Object.entries(LIMITS)) {
    checkInteger(`qos.${field}`, qos[field as keyof typeof LIMITS], max);
  }
  if (typeof qos.bandwidth !== 'bigint' || qos.bandwidth < 0n || qos.bandwidth > MAX_BANDWIDTH) {
    throw new OuroborosError('EINVAL', 'qos.bandwidth must be a bigint from 0 to 2^64-1', { field: 'qos.bandwidth' });
  }
}

/** EINVAL when `value` is no integer from 0 to `max`. */
export function checkInteger(field: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new OuroborosError('EINVAL', `${field} must be an integer from 0 to ${max}`, { field });
}
