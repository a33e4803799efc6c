import { checkName, OuroborosError } from '@ouroboros/model';
import { isFileName } from './places.js';

/** X.509 bounds common names, and OpenSSL refuses longer ones. [RFC 5280 appendix A.1, ub-common-name] */
const MAX_COMMON_NAME = 64;

export const unknownName = (text: string): OuroborosError => new OuroborosError('ENAME', text);

/** Names that can stand in a certificate and be a folder. @throws OuroborosError EINVAL */
export function checkSubject(name: string, field: string): void {
  checkName(name, field);
  if (!isFileName(name)) throw new OuroborosError('EINVAL', `${field} must not contain / or be . or ..`, { field });
  if ([...name].length > MAX_COMMON_NAME) {
    throw new OuroborosError('EINVAL', `${field} must have at most ${MAX_COMMON_NAME} characters, as X.509 demands`, {
      field,
    });
  }
}

/** @throws OuroborosError EINVAL */
export function checkClient(commonName: string, name: string): void {
  checkSubject(commonName, '--as');
  if (commonName !== name) return;
  throw new OuroborosError('EINVAL', '--as must differ from the name: whoever has the certificate could serve it', {
    field: '--as',
  });
}
