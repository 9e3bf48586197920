/** A customer's money in the escrow on a chain, for this utility to draw. */
export interface TokenHoldTable {
  /** The escrow's name for it. */
  hold_id: string;
  account_id: string;
  /** The customer's name for it. */
  token_hold_id: string;
  chain_id: string;
  micros: bigint;
  drawer: string;
  expires_at_ms: number;
  /** `gone`: the chain took it back; `lapsed`: out of its time; `drawing`: what is drawn is decided and told to the chain. */
  state: 'open' | 'drawing' | 'drawn' | 'lapsed' | 'gone';
  draw_micros: bigint | null;
  /** Day of the decision, on which the money counts. */
  draw_day: string | null;
  /** The block, deep enough, in which it was seen last. */
  block_hash: string;
  seen_at_ms: number;
}
