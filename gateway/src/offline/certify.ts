import { signChargerCertificate } from '@roamgrid/offline';
import type { PublicJwk, SetUpCharger, StationRecord } from '@roamgrid/wire';
import { createPublicKey } from 'node:crypto';
import { kitError } from '@roamgrid/service-kit';
import type { Kysely } from 'kysely';
import { gatewayError } from '../problems.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { ChargerKeys } from './charger-keys.ts';
import type { SignedList } from './members.ts';

export interface CertifyContext {
  readonly utilityId: string;
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
  readonly keys: ChargerKeys;
  readonly issuers: () => Promise<SignedList>;
  /** How long a certificate is good. */
  readonly validMs: number;
  readonly nowMs: () => number;
}

const MS_PER_S = 1_000;
const UNIQUE_VIOLATION = '23505';
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const part = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/** The station in service that has an outlet. */
export const stationOf = (
  { registry, utilityId }: Pick<CertifyContext, 'registry' | 'utilityId'>,
  evseId: string,
): StationRecord | undefined =>
  registry
    .stations()
    .find(
      (station) =>
        station.utilityId === utilityId &&
        station.status === 'active' &&
        station.evses.some((each) => each.evseId === evseId && each.removedAtMs === undefined),
    );

const requirePoint = ({ kty, crv, x, y }: PublicJwk): void => {
  try {
    createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  } catch (cause) {
    throw kitError('INVALID_REQUEST', 'the key is no point of P-256', { cause });
  }
};

/**
 * Vouches for a charger's key at one outlet, and gives all that it is set up with. The same key again gets the same certificate until half of its time is
 * over; another one takes its place.
 */
export const certifyCharger = async (
  context: CertifyContext,
  evseId: string,
  key: PublicJwk,
): Promise<SetUpCharger> => {
  const { db, keys, utilityId, validMs } = context;
  const nowMs = context.nowMs();
  if (stationOf(context, evseId) === undefined)
    throw gatewayError('OFFLINE_OUTLET_UNKNOWN', `${evseId} is no outlet of this utility in service`);
  requirePoint(key);
  keys.requireRegistered();
  const keyPoint = `${key.x}.${key.y}`;
  const known = await db
    .selectFrom('offline_charger')
    .selectAll()
    .where('evse_id', '=', evseId)
    .executeTakeFirst();
  const fromS = Math.floor(nowMs / MS_PER_S);
  const untilS = fromS + Math.floor(validMs / MS_PER_S);
  const isGood = known !== undefined && known.key_point === keyPoint && known.until_ms - nowMs > validMs / 2;
  const fresh = async () => ({
    evse_id: evseId,
    key_point: keyPoint,
    from_ms: fromS * MS_PER_S,
    until_ms: untilS * MS_PER_S,
    certificate: base64url(
      await signChargerCertificate(
        { operator: utilityId, evseId, key: { x: part(key.x), y: part(key.y) }, fromS, untilS },
        keys.signer,
      ),
    ),
  });
  const row = isGood ? known : await fresh();
  if (!isGood)
    try {
      await db
        .insertInto('offline_charger')
        .values(row)
        .onConflict((conflict) => conflict.column('evse_id').doUpdateSet(row))
        .execute();
    } catch (thrown) {
      if ((thrown as { readonly code?: unknown }).code !== UNIQUE_VIOLATION) throw thrown;
      throw gatewayError('OFFLINE_CHARGER_KEY_TAKEN', 'another charger has this key');
    }
  const own = keys.key;
  return {
    certificate: row.certificate,
    fromMs: row.from_ms,
    untilMs: row.until_ms,
    operator: {
      kid: base64url(keys.signer.kid),
      key: { kty: 'EC', crv: 'P-256', x: base64url(own.x), y: base64url(own.y) },
      readerPoint: base64url(keys.readers[0].point),
    },
    issuers: base64url((await context.issuers()).bytes),
  };
};

/** Whether an outlet has a charger that was vouched for. */
export const isCertified = async (db: Kysely<GatewayDb>, evseId: string): Promise<boolean> =>
  (await db
    .selectFrom('offline_charger')
    .select('evse_id')
    .where('evse_id', '=', evseId)
    .executeTakeFirst()) !== undefined;
