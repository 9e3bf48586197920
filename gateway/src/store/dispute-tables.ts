import type { ColumnType } from 'kysely';

type Json = ColumnType<unknown, string, string>;

/** Records that are not accepted or do not come, as rows; written only by the reader of blocks. */
export interface DisputeTables {
  dispute: {
    dispute_id: string;
    invoice_id: string;
    vun: string;
    hun: string;
    state: string;
    record: Json;
    /** The block that last changed it. */
    block_number: bigint;
  };
  /** Each state that a dispute came to, by the block that wrote it: a report is as of a block. */
  dispute_state: { dispute_id: string; block_number: bigint; state: string };
  /** Bodies as texts, where this utility is a party, until they are purged: the dispute, its answer, the close of a revision. */
  dispute_body: { dispute_id: string; kind: 'dispute' | 'answer' | 'revision'; body: string };
  /** Numbers whose records home demanded. */
  missing: { lane_id: string; number: number; vun: string; hun: string; record: Json };
  /** Credit notes; their payables stand with those of invoices. */
  credit: {
    credit_id: string;
    invoice_id: string;
    vun: string;
    hun: string;
    period_id: string;
    state: string;
    record: Json;
  };
  credit_body: { credit_id: string; body: string };
}
