import type { ColumnType } from 'kysely';

type Json = ColumnType<unknown, string, string>;

/** Outlets that are booked ahead, and what bookings must know of stations. */
export interface BookingTables {
  /** Written only by the reader of blocks, as the next three. */
  reservation: {
    reservation_id: string;
    vun: string;
    hun: string;
    evse_id: string;
    from_ms: bigint;
    until_ms: bigint;
    state: string;
    charge_id: string | null;
    record: Json;
    /** The block that last changed it. */
    block_number: bigint;
  };
  /** Bodies as texts, where this utility is a party. */
  reservation_body: {
    reservation_id: string;
    cin_ref: string;
    body: string;
    /** Whether anything is owed when it is used, and when nobody comes. */
    owes_used: boolean;
    owes_missed: boolean;
  };
  reservation_use: { reservation_id: string; session_id: string; body: string };
  /** Charge notes; their payables stand with those of invoices. */
  charge_note: {
    charge_id: string;
    vun: string;
    hun: string;
    period_id: string;
    state: string;
    record: Json;
  };
  charge_note_body: { charge_id: string; body: string };
  /** How sites divided their power; the header and the packed slots as texts, where this utility is a party. */
  allocation_batch: {
    batch_id: string;
    vun: string;
    hun: string;
    site_id: string;
    /** Notes of what servers took, and of what cars gave. */
    charge_id: string | null;
    given_charge_id: string | null;
    record: Json;
    /** The block that last changed it. */
    block_number: bigint;
  };
  allocation_body: {
    batch_id: string;
    header: string;
    slots: string;
    /** Whether its servers took, and cars gave, anything. */
    owed: boolean;
    given: boolean;
  };
  /** Houses, days of their meters, events and what days come to, by the keys of the ledger; bodies as texts, where this utility is a party. */
  flex_record: {
    record_key: string;
    kind: string;
    agreement_id: string;
    vun: string;
    hun: string;
    /** Null of an event. */
    house_id: string | null;
    /** The day, or the event's start; null of a house. */
    at_ms: bigint | null;
    body_hash: string;
    given_charge_id: string | null;
    record: Json;
    /** The block that last changed it. */
    block_number: bigint;
  };
  flex_body: { record_key: string; body: string; owed: boolean };
  /** Tampering with devices of anybody's sites, by `<block>/<utility>/<site>/<number>`. */
  tamper_event: { place: string; utility_id: string; site_id: string; record: Json };
  /** What the utility said of a station of its own. */
  station_calendar: {
    station_id: string;
    power_w: bigint | null;
    latitude_e6: number | null;
    longitude_e6: number | null;
    /** Grows by each change of it and of its tasks. */
    version: number;
  };
  /** What runs on its servers; a task that a booking moved stands at two stations, one after the other. */
  station_task: {
    task_id: string;
    station_id: string;
    start_ms: bigint;
    end_ms: bigint;
    power_w: bigint;
    movable: boolean;
    /** The site whose controller keeps it. */
    kept_by: string | null;
    /** Where it goes on, from when, and for which reservation. */
    moved_to: string | null;
    moved_from_ms: bigint | null;
    moved_for: string | null;
  };
}
