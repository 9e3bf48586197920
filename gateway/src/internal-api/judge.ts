import { err, ok, type Result } from '@roamgrid/domain';
import {
  bodyHash,
  isBetween,
  judgeOpening,
  laneIdOf,
  LEDGER_LIMITS,
  openingJudgement,
  parseOpened,
  parseSessionId,
  SettledMalformed,
  type OpeningFault,
  type OpeningGround,
  type OpeningJudgement,
  type SessionOpenBody,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';

export interface JudgeContext {
  readonly utilityId: string;
  readonly channel: string;
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
  readonly nowMs: () => number;
}

type Fault = Result<never, OpeningFault>;
const fault = (code: OpeningFault['code'], message: string): Fault => err({ code, message });

const refusal = ({ code, message }: OpeningFault): OpeningJudgement => ({
  outcome: 'refused',
  code,
  message,
});

/** What the registry knows of a quote's parties. It may lag behind the ledger by a block: then it says what it lacks. */
export const groundOf = (
  { registry, channel }: Pick<JudgeContext, 'registry' | 'channel'>,
  { quote }: Pick<SessionOpenBody, 'quote'>,
): Result<OpeningGround, OpeningFault> => {
  const missing = (what: string) => fault('NOT_FOUND', `the home utility's gateway knows no ${what}`);
  const agreement = registry.agreement(quote.agreementId);
  if (agreement === undefined) return missing(`agreement ${quote.agreementId}`);
  const terms = registry.terms(agreement.agreementId, agreement.version)?.terms;
  if (terms === undefined) return missing(`terms of ${quote.agreementId}`);
  const vun = registry.utility(quote.vun);
  const hun = registry.utility(quote.hun);
  if (vun === undefined || hun === undefined) return missing(`pair of ${quote.vun} and ${quote.hun}`);
  const station = registry.station(quote.vun, quote.stationId);
  if (station === undefined) return missing(`station ${quote.stationId}`);
  const tariff = registry.tariff(quote.tariffId, quote.tariffVersion);
  if (tariff === undefined) return missing(`version ${quote.tariffVersion} of ${quote.tariffId}`);
  const bound = registry.isBound(agreement.agreementId, tariff);
  return ok({ channel, agreement, terms, vun, hun, station, tariff, bound });
};

/** What the contract asks of an opening besides what is signed: its lane, its parties and its time. */
const formFault = (
  { utilityId, nowMs }: JudgeContext,
  { sessionId, openedAtMs, quote }: SessionOpenBody,
  { agreement, terms }: OpeningGround,
): OpeningFault | undefined => {
  const name = parseSessionId(sessionId);
  if (!name.ok || name.value.laneId !== laneIdOf(quote.vun, quote.hun, name.value.group))
    return {
      code: 'INVALID_ARGUMENT',
      message: `${sessionId} is no number of a lane of ${quote.vun} and ${quote.hun}`,
    };
  if (quote.hun !== utilityId)
    return {
      code: 'FORBIDDEN',
      message: `${quote.hun} answers for its own customers, ${utilityId} does not`,
    };
  if (!isBetween(agreement, quote.vun, quote.hun))
    return { code: 'OUTSIDE_AGREEMENT', message: `${quote.vun} and ${quote.hun} are not the parties of it` };
  const now = nowMs();
  if (openedAtMs > now + LEDGER_LIMITS.clockSkewMs || openedAtMs < now - terms.cdrBoundMs)
    return { code: 'CLOCK_SKEW', message: `the session says that it opened ${openedAtMs - now} ms from now` };
  return undefined;
};

const readOpened = (text: string): Result<ReturnType<typeof parseOpened>, OpeningFault> => {
  try {
    return ok(parseOpened(text));
  } catch (thrown) {
    if (thrown instanceof SettledMalformed) return fault('INVALID_ARGUMENT', thrown.message);
    throw thrown;
  }
};

const keptAnswer = async (db: Kysely<GatewayDb>, openHash: string): Promise<OpeningJudgement | undefined> => {
  const row = await db
    .selectFrom('judged_opening')
    .select('answer')
    .where('open_hash', '=', openHash)
    .executeTakeFirst();
  return row && openingJudgement.parse(row.answer);
};

/**
 * Says for the home utility whether a session of its customer may begin, by the rules and the registry that both
 * contracts will settle it by. The answer is kept with the body: a repeat is answered alike, and no second body becomes
 * good for the same number.
 */
export const judgeForHome = async (context: JudgeContext, text: string): Promise<OpeningJudgement> => {
  const { db, nowMs } = context;
  const opened = readOpened(text);
  if (!opened.ok) return refusal(opened.error);
  const { open, quoteText } = opened.value;
  const openHash = bodyHash(text);
  const kept = await keptAnswer(db, openHash);
  if (kept !== undefined) return kept;
  const ground = groundOf(context, open);
  // What is not known here yet may be known at the next try, so it is not kept.
  if (!ground.ok) return refusal(ground.error);
  const wrong = formFault(context, open, ground.value);
  const judged = wrong === undefined ? await judgeOpening({ open, quoteText }, ground.value) : err(wrong);
  const answer: OpeningJudgement = judged.ok
    ? { outcome: 'good', consentBy: judged.value.consentBy }
    : refusal(judged.error);
  await db
    .insertInto('judged_opening')
    .values({
      open_hash: openHash,
      session_id: open.sessionId,
      outcome: answer.outcome,
      answer: JSON.stringify(answer),
      station_id: open.quote.stationId,
      body: text,
      judged_at_ms: BigInt(nowMs()),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const first = await keptAnswer(db, openHash);
  return (
    first ?? {
      outcome: 'refused',
      code: 'CONFLICT',
      message: `another body is good for ${open.sessionId}: a number opens once`,
    }
  );
};
