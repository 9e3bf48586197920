import { createHash } from 'node:crypto';
import { divide } from '@roamgrid/domain';
import type { EnergySignal } from '@roamgrid/wire';
import { z } from 'zod';
import { text, type Element } from './xml.ts';

/** Events with a cap as controls of DER, and back. A house may take what the control's target says below zero. Spec: IEEE 2030.5-2018 §10.10. */

type DrEvent = Extract<EnergySignal, { kind: 'dr-event' }>;

const LONGEST_S = 4_294_967_295;
/** Of 16 bits with sign. */
const MOST_VALUE = 32_767n;

/** Spec: EventStatus.currentStatus. */
const STATUS = { scheduled: 0, active: 1, cancelled: 2 } as const;

/** Between two states there is room for one that a house takes back by itself, and is told again. */
const STATUS_STEP = 10;

/** Watts as value and power of ten. Where 16 bits do not hold all digits it is rounded down: nobody takes more than was said. */
const powerOf = (watts: bigint): { readonly multiplier: number; readonly value: bigint } => {
  for (let multiplier = 0; ; multiplier += 1) {
    const value = divide(watts, 10n ** BigInt(multiplier), 'down');
    if (value <= MOST_VALUE) return { multiplier, value };
  }
};

/** Another content is another event: the standard's do not change but for their status. */
const mridOf = (siteId: string, { by, signalId, version }: EnergySignal): string =>
  createHash('sha256')
    .update(`${siteId} ${by} ${signalId} ${version}`)
    .digest('hex')
    .slice(0, 32)
    .toUpperCase();

/** Instants are whole seconds there. */
export const controlOf = (
  siteId: string,
  signal: DrEvent,
  href: string,
  nowMs: number,
): Element | undefined => {
  if (signal.capW === undefined) return undefined;
  const { multiplier, value } = powerOf(signal.capW);
  const startS = Math.floor(signal.startMs / 1_000);
  const endS = Math.ceil(signal.endMs / 1_000);
  const isActive = signal.startMs <= nowMs && nowMs < signal.endMs;
  const status = signal.isCancelled === true ? STATUS.cancelled : isActive ? STATUS.active : STATUS.scheduled;
  const mrid = mridOf(siteId, signal);
  return {
    name: 'DERControl',
    attributes: { href: `${href}/${mrid}` },
    content: [
      text('mRID', mrid),
      text('description', signal.signalId.slice(0, 32)),
      // What nobody kept: no later than it begins.
      text('creationTime', Math.min(startS, Math.floor(nowMs / 1_000))),
      {
        name: 'EventStatus',
        content: [
          text('currentStatus', status),
          text('dateTime', isActive ? startS : Math.min(startS, Math.floor(nowMs / 1_000))),
          text('potentiallySuperseded', false),
        ],
      },
      {
        name: 'interval',
        content: [text('duration', Math.min(endS - startS, LONGEST_S)), text('start', startS)],
      },
      {
        name: 'DERControlBase',
        content: [
          {
            name: 'opModTargetW',
            content: [text('multiplier', multiplier), text('value', String(-value))],
          },
        ],
      },
    ],
  };
};

const integer = (digits: RegExp) => z.string().regex(digits).transform(Number);
const count = integer(/^\d{1,10}$/);

/** As it is read; what the subset does not know is passed over. */
export const derControl = z.looseObject({
  mRID: z.string().regex(/^[0-9A-Fa-f]{1,32}$/),
  EventStatus: z.looseObject({ currentStatus: count }),
  interval: z.looseObject({ duration: count, start: count }),
  DERControlBase: z.looseObject({
    opModTargetW: z
      .looseObject({ multiplier: integer(/^-?\d{1,3}$/), value: z.string().regex(/^-?\d{1,5}$/) })
      .optional(),
  }),
});
export type DerControl = z.output<typeof derControl>;

/** Down, as with what is written. */
const wattsOf = (value: bigint, multiplier: number): bigint =>
  multiplier >= 0 ? value * 10n ** BigInt(multiplier) : divide(value, 10n ** BigInt(-multiplier), 'down');

/** The event that a control is; undefined for one that sets something else. Its id stays text. */
export const eventOf = (
  { mRID, EventStatus: { currentStatus }, interval, DERControlBase: { opModTargetW } }: DerControl,
  by: string,
): DrEvent | undefined => {
  if (opModTargetW === undefined || interval.duration === 0) return undefined;
  const target = wattsOf(BigInt(opModTargetW.value), opModTargetW.multiplier);
  return {
    ...{ kind: 'dr-event', signalId: mRID, version: currentStatus * STATUS_STEP, by },
    startMs: interval.start * 1_000,
    endMs: Math.min((interval.start + interval.duration) * 1_000, LATEST_MS),
    // A house that is to give something takes nothing.
    capW: target < 0n ? -target : 0n,
    ...(currentStatus >= STATUS.cancelled && { isCancelled: true as const }),
  };
};

const LATEST_MS = 7_258_118_400_000;
