import type { MetricSet } from '@ouroboros/metrics';
import type { CertificateStatus } from '@ouroboros/pki';

/** So many certificates are shown, those first that expire first. */
export const CERTIFICATES_SHOWN = 128;

/** One series for each kind and name: the certificate that expires first. */
export function addCertificates(out: MetricSet, certificates: readonly CertificateStatus[], nowMs: number): void {
  const first = new Map<string, { readonly kind: string; readonly name: string; readonly notAfterMs: number }>();
  for (const { kind, name: place, commonName, notAfterMs } of certificates) {
    if (notAfterMs === null) continue;
    const name = kind === 'issued' ? commonName : place;
    const key = `${kind} ${name}`;
    if (notAfterMs < (first.get(key)?.notAfterMs ?? Infinity)) first.set(key, { kind, name, notAfterMs });
  }
  const sorted = [...first.values()].sort((a, b) => a.notAfterMs - b.notAfterMs);
  for (const { kind, name, notAfterMs } of sorted.slice(0, CERTIFICATES_SHOWN))
    out.add('ouroboros_cert_expiry_seconds', (notAfterMs - nowMs) / 1000, { kind, name });
  const left = Math.max(0, sorted.length - CERTIFICATES_SHOWN);
  out.add('ouroboros_aggregated', left, { ipcp: '', layer: '', what: 'certificates' });
}
