/** What the gateway keeps of chargers that hear of nobody. */
export interface OfflineTables {
  offline_charger: {
    evse_id: string;
    /** The charger's public key: it is at one outlet. */
    key_point: string;
    /** In base64url. */
    certificate: string;
    from_ms: number;
    until_ms: number;
  };
  /** What phones brought. Two that say different things under one number are both kept: which is true the booking judges. */
  offline_record: {
    evse_id: string;
    outlet_number: bigint;
    /** SHA-256 of its one spelling, in hex. */
    plain_hash: string;
    /** The same, in base64url. */
    record: string;
    token_id: string;
    state: 'taken' | 'booked' | 'refused';
    refusal_code: string | null;
    refusal_text: string | null;
    taken_at_ms: number;
    /** When its booking is looked at again. */
    next_at_ms: number;
  };
  /** By the token beside which home signed it. */
  offline_leave: { token_id: string; hun: string; leave: string; until_ms: number };
}

export const offlineTables = [
  `create table offline_charger (evse_id text primary key, key_point text not null unique, certificate text not null,
     from_ms double precision not null, until_ms double precision not null)`,
  `create table offline_record (evse_id text not null, outlet_number int8 not null, plain_hash text not null, record text not null,
     token_id text not null, state text not null check (state in ('taken', 'booked', 'refused')), refusal_code text, refusal_text text,
     taken_at_ms double precision not null, next_at_ms double precision not null,
     primary key (evse_id, outlet_number, plain_hash))`,
  `create unique index offline_record_booked on offline_record (evse_id, outlet_number) where state = 'booked'`,
  `create index offline_record_taken on offline_record (next_at_ms) where state = 'taken'`,
  `create index on offline_record (token_id)`,
  `create table offline_leave (token_id text primary key, hun text not null, leave text not null, until_ms double precision not null)`,
];
