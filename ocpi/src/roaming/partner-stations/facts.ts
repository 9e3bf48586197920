import { decimalToRational, divide, parseCdr, type CdrPeriod, type Rational } from '@roamgrid/domain';
import { isExactNumber } from '@roamgrid/wire';
import { tokenKey } from '../../objects/modules.ts';
import { isTree, type JsonTree } from '../../objects/read.ts';
import { idKey, timeMs } from '../../objects/scalars.ts';

const MILLI_WH_PER_KWH = 1_000_000n;

/** What a partner says of one session, in its Session object or its CDR. Times are the partner's own. */
export interface Charged {
  /** By which its session is known here. */
  readonly sessionKey: string;
  /** As it spells it. */
  readonly sessionId: string | undefined;
  readonly status: 'charging' | 'over' | 'invalid' | 'not-begun';
  readonly tokenKey: string;
  readonly reference: string | undefined;
  readonly locationId: string;
  readonly evseUid: string;
  readonly startMs: number;
  readonly atMs: number;
  readonly milliWh: bigint;
  readonly isParked: boolean;
  readonly cdr: ChargedCdr | undefined;
}

/** What only a CDR says. */
export interface ChargedCdr {
  readonly key: string;
  /** What had flowed when a period began, and whether energy flowed in it. */
  readonly steps: readonly { readonly atMs: number; readonly milliWh: bigint; readonly isParked: boolean }[];
  readonly signed: readonly string[];
}

const text = (tree: JsonTree, field: string): string | undefined => {
  const value = tree[field];
  return typeof value === 'string' ? value : undefined;
};
const tree = (from: JsonTree, field: string): JsonTree => {
  const value = from[field];
  return isTree(value) ? value : {};
};

const milliWhIn = ({ n, d }: Rational): bigint => (n <= 0n ? 0n : divide(n * MILLI_WH_PER_KWH, d, 'down'));

/** Whole milliwatt-hours of kilowatt-hours as they were written; a figure below zero is none. */
const milliWhOf = (value: unknown): bigint => {
  const kWh = isExactNumber(value) ? decimalToRational(value.value) : undefined;
  return kWh === undefined ? 0n : milliWhIn(kWh);
};

const STATUS = {
  ACTIVE: 'charging',
  COMPLETED: 'over',
  INVALID: 'invalid',
  PENDING: 'not-begun',
  RESERVATION: 'not-begun',
} as const;

const tokenIn = (object: JsonTree): string => {
  const token = tree(object, 'cdr_token');
  return tokenKey(text(token, 'uid') ?? '', text(token, 'type') ?? '');
};

const commonOf = (object: JsonTree): Pick<Charged, 'tokenKey' | 'reference' | 'startMs'> => ({
  tokenKey: tokenIn(object),
  reference: text(object, 'authorization_reference'),
  startMs: timeMs(text(object, 'start_date_time') ?? ''),
});

/** Whether the last period that a session tells of is one of parking. */
const isParked = (session: JsonTree): boolean => {
  const periods = session['charging_periods'];
  const last: unknown = Array.isArray(periods) ? periods.at(-1) : undefined;
  const dimensions: unknown = isTree(last) ? last['dimensions'] : undefined;
  return (
    Array.isArray(dimensions) && dimensions.some((one) => isTree(one) && text(one, 'type') === 'PARKING_TIME')
  );
};

/** Of a Session object that was checked. Spec: OCPI 2.2.1 mod_sessions. */
export const chargedOfSession = (session: JsonTree): Charged => {
  const id = text(session, 'id') ?? '';
  const ended = text(session, 'end_date_time');
  return {
    ...commonOf(session),
    sessionKey: idKey(id),
    sessionId: id,
    status: STATUS[(text(session, 'status') ?? 'PENDING') as keyof typeof STATUS],
    locationId: text(session, 'location_id') ?? '',
    evseUid: text(session, 'evse_uid') ?? '',
    atMs: timeMs(ended ?? text(session, 'last_updated') ?? ''),
    milliWh: milliWhOf(session['kwh']),
    isParked: isParked(session),
    cdr: undefined,
  };
};

const flowedIn = ({ volumes }: CdrPeriod): bigint => {
  const volume = volumes.get('ENERGY') ?? volumes.get('ENERGY_IMPORT');
  return volume === undefined ? 0n : milliWhIn(volume);
};

/** Of a CDR that was checked. Spec: OCPI 2.2.1 mod_cdrs. */
export const chargedOfCdr = (cdr: JsonTree): Charged => {
  const key = idKey(text(cdr, 'id') ?? '');
  const sessionId = text(cdr, 'session_id');
  const at = tree(cdr, 'cdr_location');
  const parsed = parseCdr(cdr);
  const periods = parsed.ok ? parsed.value.periods : [];
  let milliWh = 0n;
  const steps = periods.map((period) => {
    const step = { atMs: period.startMs, milliWh, isParked: period.volumes.has('PARKING_TIME') };
    milliWh += flowedIn(period);
    return step;
  });
  const signed = parsed.ok ? parsed.value.signedData : undefined;
  return {
    ...commonOf(cdr),
    sessionKey: sessionId === undefined ? `CDR ${key}` : idKey(sessionId),
    sessionId,
    status: 'over',
    locationId: text(at, 'id') ?? '',
    evseUid: text(at, 'evse_uid') ?? '',
    atMs: timeMs(text(cdr, 'end_date_time') ?? ''),
    milliWh: milliWhOf(cdr['total_energy']),
    isParked: false,
    cdr: {
      key,
      steps,
      signed: signed?.encodingMethod.toUpperCase() === 'OCMF' ? signed.values.map((one) => one.signed) : [],
    },
  };
};
