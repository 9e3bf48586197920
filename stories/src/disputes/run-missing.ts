import type { Clock } from '@roamgrid/station-kit';
import { auditedMissingPage, unbilledPage, type MissingNumber } from '@roamgrid/wire';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';
import { missingAt, monthAfter, runBills } from './ask-nodes.ts';
import { isExact, missingChecks, type MissingReading, type MissingReport } from './missing-report.ts';
import { onStage, SHORT_MS, type DisputeStage, type DisputeStoryOptions } from './stage.ts';

const PLANNED_MS = 10 * 60_000;
const REQUESTED_WH = 5_000n;
/** Steps of the session that the station lives through before it is gone for good. */
const STEPS = 8;
/** After what the visited utility gives a silent station up. */
const SILENT_AFTER_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A station that is torn out of the ground: from some step on nothing goes on there any more. */
const untilGone = (clock: Clock, steps: number): Clock & { readonly gone: Promise<void> } => {
  let left = steps;
  let go: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  return {
    nowMs: () => clock.nowMs(),
    sleep: (ms, signal) => {
      left -= 1;
      if (left >= 0) return clock.sleep(ms, signal);
      go();
      return new Promise(() => undefined);
    },
    gone,
  };
};

type Side = 'home' | 'visited';
type Seen = Pick<MissingNumber, 'state' | 'dueAtMs' | 'demandedAtMs'>;

const seenAs = ({ state, dueAtMs, demandedAtMs }: MissingNumber): Seen => ({
  state,
  ...(dueAtMs !== undefined && { dueAtMs }),
  ...(demandedAtMs !== undefined && { demandedAtMs }),
});

/** How a number stands at a side, once it is so. */
const seenAt = (
  utility: RunningUtility,
  side: Side,
  sessionId: string,
  is: (number: MissingNumber) => boolean,
): Promise<MissingNumber> =>
  until(`number ${sessionId} at ${side}`, async () => {
    const { notEnded, demanded } = await missingAt(utility, side);
    const found = [...demanded, ...notEnded].find((each) => each.sessionId === sessionId);
    return found !== undefined && is(found) ? found : undefined;
  });

const atBoth = async (
  { home, visited }: DisputeStage,
  sessionId: string,
  is: (number: MissingNumber) => boolean,
): Promise<{ readonly home: Seen; readonly visited: Seen }> => ({
  home: seenAs(await seenAt(home, 'home', sessionId, is)),
  visited: seenAs(await seenAt(visited, 'visited', sessionId, is)),
});

const demandsSeenBy = async (third: RunningUtility, sessionId: string): Promise<number> => {
  const url = `${third.gateway.url}/auditor/v1/missing?limit=500`;
  return until('the demand at a third utility', async () => {
    const { items } = await third.auditor('GET', url, undefined, auditedMissingPage);
    const found = items.filter(({ record }) => `${record.laneId}-${record.number}` === sessionId);
    return found.length > 0 ? found.length : undefined;
  });
};

const unbilledCodeOf = (visited: RunningUtility, sessionId: string) =>
  until(`${sessionId} among the unbilled`, async () => {
    const url = `${visited.gateway.url}/operator/v1/unbilled?limit=500`;
    const { items } = await visited.operator('GET', url, undefined, unbilledPage);
    return items.find((each) => each.sessionId === sessionId)?.code;
  });

/** A session that begins, and of which nobody hears again. */
const vanish = async ({ outlet, clock, cin, home, progress }: DisputeStage): Promise<MissingNumber> => {
  progress('a session begins at Duke Energy, and the station is gone in the middle of it');
  const broken = untilGone(clock, STEPS);
  const there = outlet({ clock: broken });
  const state = await there.swipe({
    cin,
    method: 'card',
    requestedEnergyWh: REQUESTED_WH,
    plannedMs: PLANNED_MS,
  });
  if (state.screen !== 'offer') throw new Error(`the outlet shows ${state.screen}`);
  await there.consent(state.offer.quoteHash);
  await broken.gone;
  return seenAt(home, 'home', state.offer.quote.sessionId, ({ dueAtMs }) => dueAtMs !== undefined);
};

/** Lives a record that never comes on a consortium that runs, and reads what both sides show of it. */
export const liveMissing = async (stage: DisputeStage): Promise<Omit<MissingReading, 'chain'>> => {
  const { clock, home, visited, third, progress } = stage;
  const { sessionId, openedAtMs, dueAtMs = 0 } = await vanish(stage);
  const waiting = await atBoth(stage, sessionId, ({ state }) => state === 'opened');
  progress('its time to be settled passes; Alabama Power’s node demands the record');
  await clock.sleep(dueAtMs - clock.nowMs() + MINUTE_MS);
  const demanded = await atBoth(stage, sessionId, ({ demandedAtMs }) => demandedAtMs !== undefined);
  const seenByThird = await demandsSeenBy(third, sessionId);
  progress('Duke Energy gives its station up, and the number ends void');
  await clock.sleep(SILENT_AFTER_MS - SHORT_MS + MINUTE_MS);
  const ended = await atBoth(stage, sessionId, ({ state }) => state === 'voided');
  const unbilled = await unbilledCodeOf(visited, sessionId);
  const periodId = new Date(clock.nowMs()).toISOString().slice(0, 7);
  const bills = [...(await runBills(home, periodId)), ...(await runBills(home, monthAfter(periodId)))];
  const billLines = bills.flatMap(({ lines }) => lines).filter((line) => line.sessionId === sessionId).length;
  return {
    sessionId,
    openedAtMs,
    waiting,
    demanded: { ...demanded, third: seenByThird },
    ended: { ...ended, unbilled },
    billLines,
  };
};

/** A session that was opened and of which no record ever comes. */
export const runMissing = async (options: DisputeStoryOptions): Promise<MissingReport> => {
  const { told, chain } = await onStage(options, liveMissing);
  const reading = { chain, ...told };
  return {
    scenario: 'missing-cdr',
    ledger: options.ledger.kind,
    ...reading,
    exact: isExact(reading),
    checks: [...missingChecks(reading)],
  };
};
