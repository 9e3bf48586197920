import { createHmac } from 'node:crypto';
import type { Allocation, PowerState } from '@roamgrid/domain/power';
import type { HouseEntry } from '@roamgrid/wire';
import { ledgerId } from '../slot.ts';

/** What a panel notes of its decisions: what it switched and why, who feeds the house, whom it asked, what batteries hold. */

type Bare<T> = T extends unknown ? Omit<T, 'salt'> : never;
/** An entry before it has its salt. */
export type Note = Bare<HouseEntry>;
/** What a panel notes itself: flows are formed with the batch. */
export type PanelNote = Exclude<Note, { kind: 'flow' }>;

const MAX_REASON = 240;
const MAX_TO = 64;

const event = (atMs: number, code: string, of: string, reason: string, to?: string): PanelNote => ({
  ...{ kind: 'event', atMs, code, of: ledgerId(of), reason: reason.slice(0, MAX_REASON) },
  ...(to !== undefined && { to: to.slice(0, MAX_TO) }),
});

type Switch = Allocation['actions'][number];
const nameOf = (action: Switch): string =>
  `${action.do} ${action.claimId}${action.do === 'mode' ? ` ${action.mode}` : ''}`;

const switchEvent = (atMs: number, action: Switch): PanelNote =>
  event(
    atMs,
    action.do.replace('-', '_').toUpperCase(),
    action.claimId,
    'rule' in action ? action.rule : 'by its priority',
    action.do === 'mode' ? action.mode : undefined,
  );

const feedersOf = ({ sourceShares }: Allocation): string =>
  sourceShares
    .filter(({ deliveredW }) => deliveredW > 0n)
    .map(({ sourceId }) => ledgerId(sourceId))
    .sort()
    .join('+');

/** What a decision changed against the last one. Notices are given when they are due, so each is an event. */
export const switchesOf = (
  last: Allocation | undefined,
  now: Allocation,
  atMs: number,
): readonly PanelNote[] => {
  const before = new Set((last?.actions ?? []).map(nameOf));
  const sources = new Set(now.sourceShares.map(({ sourceId }) => sourceId));
  const feeders = feedersOf(now);
  const why = now.reasons
    .filter(({ of, code }) => code === 'RULE' || sources.has(of))
    .map(({ of, code, rule }) => `${of} ${rule ?? code}`);
  return [
    ...now.actions.filter((action) => !before.has(nameOf(action))).map((action) => switchEvent(atMs, action)),
    ...(last === undefined || feedersOf(last) !== feeders
      ? [event(atMs, 'FED_BY', 'house', [`policy ${now.policyId}`, ...why].join(', '), feeders)]
      : []),
    ...now.notices.map(({ code, to, nodeId, excessW }) =>
      event(atMs, 'NOTICE', nodeId ?? 'house', `${code}${excessW === undefined ? '' : ` ${excessW} W`}`, to),
    ),
  ];
};

/** The battery for as long as the secret serves. */
const batteryRef = (secret: string, sourceId: string): string =>
  createHmac('sha256', Buffer.from(secret, 'hex')).update(sourceId).digest('hex');

/** What batteries hold, and what the grid's signal says. */
export const readingsOf = (
  { sources, signals }: Pick<PowerState, 'sources' | 'signals'>,
  secret: string,
  atMs: number,
): readonly PanelNote[] => [
  ...sources.flatMap(({ sourceId, kind, store }): PanelNote[] =>
    store !== undefined && (kind === 'ess' || kind === 'ev')
      ? [
          {
            ...{ kind: 'soc', atMs, of: kind, batteryRef: batteryRef(secret, sourceId) },
            ...{ storedWh: store.storedWh, capacityWh: store.capacityWh },
          },
        ]
      : [],
  ),
  ...(signals.gridDemandPermille === undefined
    ? []
    : [{ kind: 'demand' as const, atMs, demandPermille: signals.gridDemandPermille }]),
];
