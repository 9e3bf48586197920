import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Door } from '../door.ts';
import { notFound } from '../edge/refusal.ts';
import { layOutAnswer } from '../outbox/outbox.ts';
import type { Partner } from '../partners/partner.ts';

/** An answer that a partner gets when there is one: the outbox carries it until it is taken. */
export const answerLater = (
  { db, settings, nowMs, log }: Door,
  { partnerId }: Partner,
  {
    kind,
    url,
    result,
    late,
    failed,
  }: {
    readonly kind: string;
    readonly url: string;
    readonly result: Promise<object>;
    /** Said when nothing came in time. */
    readonly late: object;
    readonly failed: object;
  },
): void => {
  const inTime = sleep(settings.times.command, late, { ref: false });
  void Promise.race([result.catch(() => failed), inTime])
    .then((body) => layOutAnswer(db, { partnerId, url, id: randomUUID(), body, nowMs: nowMs() }))
    .catch((thrown: unknown) => {
      log.error({ err: thrown, kind, partner: partnerId }, 'an answer was lost');
    });
};

/** Keeps the result of something that was asked of a partner: of that very one, and the first. */
export const resultKept = async (
  { db }: Door,
  { partnerId }: Partner,
  kind: string,
  commandId: string,
  result: string,
): Promise<void> => {
  const row = await db
    .updateTable('command')
    .set(({ fn, val }) => ({ result: fn.coalesce('result', val(result)) }))
    .where('command_id', '=', commandId)
    .where('partner_id', '=', partnerId)
    .where('kind', '=', kind)
    .returning('command_id')
    .executeTakeFirst();
  if (row === undefined) throw notFound('nothing of that id was asked');
};
