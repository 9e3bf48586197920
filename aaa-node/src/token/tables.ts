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
  /**
   * `opening`: this node is to open it, and the chain does not have it deep enough; `failed`: the chain refused that, at the
   * utility's cost; `gone`: the chain took it back; `lapsed`: out of its time; `drawing`: what is drawn is decided and told to
   * the chain.
   */
  state: 'opening' | 'failed' | 'open' | 'drawing' | 'drawn' | 'lapsed' | 'gone';
  draw_micros: bigint | null;
  /** Day of the decision, on which the money counts. */
  draw_day: string | null;
  /** The block, deep enough, in which it was looked for last. */
  block_hash: string | null;
  seen_at_ms: number;
}

export const openingTables = [
  'alter table token_hold drop constraint token_hold_state_check',
  `alter table token_hold add check (state in ('opening', 'failed', 'open', 'drawing', 'drawn', 'lapsed', 'gone'))`,
  'alter table token_hold alter column block_hash drop not null',
  "alter table token_hold add check (block_hash is not null or state in ('opening', 'failed'))",
  'create index on token_hold (account_id)',
];
