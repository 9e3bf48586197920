import assert from 'node:assert/strict';
import type { TransactionReport } from '../../model/reports.ts';
import { CARD, openRig, report } from './rig.ts';

/** One for all tests of a run: each suite clears it before each test. */
export const rig = await openRig();

after(() => rig.close());

export const mWh = (wattHours: number): bigint => BigInt(wattHours) * 1_000n;

type Phase = TransactionReport['phase'];
type Changes = Partial<TransactionReport>;

/** A card is shown at `st1`. */
export const authorize = () => rig.desk.authorize('st1', { token: CARD, atMs: rig.time.nowMs });

/** … and the price with it, a second before the driver starts. */
export const accepted = async (): Promise<void> => {
  assert.equal((await authorize()).status, 'accepted');
  rig.pass(1_000);
};

export const send = (told: TransactionReport) => rig.desk.transaction('st1', told);

/** A message of a transaction of `st1`, with its register in Wh. */
export const messageOf = (phase: Phase, wh?: number, changes: Changes = {}): TransactionReport =>
  report(rig, phase, wh === undefined ? undefined : mWh(wh), changes);

export const tell = (phase: Phase, wh?: number, changes: Changes = {}) => send(messageOf(phase, wh, changes));

/** … of another station. */
export const tellAt = (stationId: string, ...message: Parameters<typeof messageOf>) =>
  rig.desk.transaction(stationId, messageOf(...message));

/** A transaction of 1.6, which asks for its number. */
export const begin16 = async (wh: number, changes: Changes = {}) => {
  const { transaction: _none, ...began } = messageOf('began', wh, changes);
  const { number } = await send(began);
  assert.ok(number !== undefined);
  return { by: 'us', number } as const;
};

export const billedWh = (): readonly number[] => rig.billed().map(({ milliWh }) => Number(milliWh / 1_000n));
export const reasons = () => rig.billed().map(({ reason }) => reason);
/** What stations were told to stop. */
export const stops = (): readonly string[] => rig.told.filter((line) => line.startsWith('stop'));
