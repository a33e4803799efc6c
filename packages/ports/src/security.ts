/**
 * Whether flows are encrypted. `require`: a flow that would not be is refused. `offer`: where the other end can and
 * wants. `off`: a key exchange is neither offered nor answered.
 */
export type Encryption = 'require' | 'offer' | 'off';

/** Whether the other end must show a certificate. `offer`: one that is shown is verified, none is needed. */
export type Authentication = 'require' | 'offer';

/** What an operator demands of flows; '' leaves it to the next wider setting: of the name, the layer, the node. */
export interface SecurityPolicy {
  readonly encryption: Encryption | '';
  readonly authentication: Authentication | '';
}
