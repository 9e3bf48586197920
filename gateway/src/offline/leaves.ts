import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { DOCUMENT_TYPE, offlineLeave, openDocument, statedLeave, type OfflineLeave } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';

interface LeaveContext {
  readonly utilityId: string;
  readonly channel: string;
  readonly registry: Registry;
  readonly db: Kysely<GatewayDb>;
}

const openLeave = async (
  { registry, utilityId, channel }: LeaveContext,
  signed: string,
): Promise<Result<OfflineLeave, DomainError>> => {
  const hun = registry.utility(statedLeave(signed)?.iss ?? '');
  if (hun === undefined) return err({ code: 'LEAVE_INVALID', message: 'no member signed it' });
  const opened = await openDocument(offlineLeave, DOCUMENT_TYPE.offlineLeave, signed, hun.signingKeys);
  if (!opened.ok) return err({ code: 'LEAVE_INVALID', message: opened.error.message });
  const { iss, aud, channel: on } = opened.value;
  return iss === hun.utilityId && aud === utilityId && on === channel
    ? ok(opened.value)
    : err({ code: 'LEAVE_INVALID', message: 'it is for other utilities, or another channel' });
};

/** Keeps what home signed beside a token, whoever brings it. Told again it changes nothing. */
export const keepLeave = async (
  context: LeaveContext,
  leave: string,
): Promise<Result<undefined, DomainError>> => {
  const opened = await openLeave(context, leave);
  if (!opened.ok) return opened;
  const { profileId, iss, validUntilMs } = opened.value;
  await context.db
    .insertInto('offline_leave')
    .values({ token_id: profileId, hun: iss, leave, until_ms: validUntilMs })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return ok(undefined);
};
