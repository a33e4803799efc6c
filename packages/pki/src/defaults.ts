/** Kinds of keys that are made here. */
export const KEY_KINDS = ['p-256', 'p-384', 'p-521', 'rsa', 'ed25519'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

export const AUTHORITY_DAYS = 3650;
export const LEAF_DAYS = 365;
/** From so many days before a certificate expires, `irm status` warns. */
export const WARN_DAYS = 30;
