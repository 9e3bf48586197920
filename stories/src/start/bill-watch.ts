import { createLogger } from '@roamgrid/service-kit';
import { startRounds } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';
import type { RunningUtility } from '../system/utility.ts';

const LOOK_EVERY_MS = 5_000;

/** The month after one, both as `2026-12`. */
const monthAfter = (periodId: string): string => {
  const [year = 0, month = 1] = periodId.split('-').map(Number);
  return new Date(Date.UTC(year, month)).toISOString().slice(0, 7);
};

/** The month in which something may still be billed: this one, unless its bills were issued before it was over. */
const openMonth = (issuedId: string, nowMs: number): string => {
  const [next, now] = [monthAfter(issuedId), new Date(nowMs).toISOString().slice(0, 7)];
  return now > next ? now : next;
};

/**
 * Home puts what its customers charge after the story on their next bill, which stays open for more.
 * @param issuedId the period of the story, whose bills were issued at its end
 */
export const watchBills = (
  { operator, aaa }: RunningUtility,
  issuedId: string,
  nowMs: () => number = Date.now,
): { stop(): Promise<void> } =>
  startRounds(
    'bills',
    LOOK_EVERY_MS,
    async () => {
      const url = `${aaa.url}/operator/v1/periods/${openMonth(issuedId, nowMs())}/bills`;
      await operator('POST', url, { issue: false }, z.unknown());
    },
    createLogger('bills', { level: 'error' }),
  );
