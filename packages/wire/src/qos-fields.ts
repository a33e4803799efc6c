import type { QosSpec } from '@ouroboros/model';

/** The eight fields of a QoS spec among the values of a request; names are those of QosSpec. [spec/wire-shims.md §1.3] */
export const qosOf = (values: QosSpec): QosSpec => ({
  delay: values.delay,
  bandwidth: values.bandwidth,
  availability: values.availability,
  loss: values.loss,
  ber: values.ber,
  inOrder: values.inOrder,
  maxGap: values.maxGap,
  timeout: values.timeout,
});
