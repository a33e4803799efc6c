import { address, concatBytes, fromHex } from '@ouroboros/model';
import { encodeDht } from '@ouroboros/wire';
import { MOST, PER_SECOND, PRICE_OF_A_LIE } from '../../../packages/ipcp-unicast/src/dir/allowance.js';
import { encodeName, nameBody } from '../../../packages/ipcp-unicast/src/dir/name-statement.js';
import { ANNOUNCEMENT, DHT_WITHDRAW_CODE } from '../../../packages/ipcp-unicast/src/dir/peers-of-ours.js';
import { LIFE_MS, MAX_ANSWER, MAX_OF_ONE, RENEWAL_MS } from '../../../packages/ipcp-unicast/src/dir/signed-values.js';

const key = fromHex('3b'.repeat(32));
const src = { id: fromHex('c4'.repeat(32)), address: 0x01020304 };

/** What 0x01020304 says of a key. */
export const NAME = { address: address(0x01020304), number: 0x0000_019b_bf2d_7e00n, withdrawn: false };

const value = (withdrawn: boolean): Uint8Array =>
  encodeName(nameBody({ ...NAME, withdrawn }, key), Uint8Array.of(0x5a, 0x5a, 0x5a));

/** The messages with signed names in docs/wire-extensions.md. */
export const NAME_EXAMPLES = {
  'signed-name': () =>
    encodeDht({ kind: 'store', src, key, value: value(false), expiresS: 0x6968_4000, ext: ANNOUNCEMENT }),
  'signed-withdrawal': () =>
    encodeDht({ kind: 'other', code: DHT_WITHDRAW_CODE, src, ext: concatBytes(key, value(true)) }),
};

/** In the order of the text. */
export const NAME_NUMBERS = [LIFE_MS, RENEWAL_MS, MAX_OF_ONE, MAX_ANSWER, MOST, PER_SECOND, PRICE_OF_A_LIE];
