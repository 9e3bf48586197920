import type { EnergySource } from '@roamgrid/wire';
import type { Json } from '../store/json.ts';

/** Certificates of generation that the ledger is told to cancel, and whether it did. */
export interface OriginCancellationTable {
  cancellation_id: string;
  /** In wire form. */
  command: Json<Record<string, unknown>>;
  state: 'told' | 'done' | 'refused';
  formed_at_ms: number;
}

/** Wh of a cancelled range that are matched to a session; of a refused cancellation there are none. */
export interface OriginMatchTable {
  cancellation_id: string;
  session_id: string;
  generator_id: string;
  quarter_ms: number;
  from_wh: bigint;
  range_wh: bigint;
  energy_wh: bigint;
  salt: string;
  match_root: string;
  steps: Json<readonly { readonly side: 'left' | 'right'; readonly wh: string; readonly hash: string }[]>;
  source: EnergySource;
  area_id: string;
}
