import { startRounds, type Rounds } from '@roamgrid/service-kit/runtime';
import type { LoadAdapter } from '../adapters/adapter.ts';
import type { GatewayDoor } from '../gateway/gateway-door.ts';
import { CalendarKeeper } from './calendar-keeper.ts';
import type { BookingConfig } from './config.ts';
import { Reserved, type ReservedParts } from './reserved.ts';

/** What goes between a site and the bookings at its utility's gateway; nothing without a configuration. */
export interface BookingLine {
  readonly reserved: Reserved | undefined;
  readonly calendar: CalendarKeeper | undefined;
  /** Begins to look, as often as configured. */
  rounds(): readonly Rounds[];
}

export const bookingLine = ({
  config,
  door,
  loads,
  ...parts
}: Omit<ReservedParts, 'config' | 'door'> & {
  readonly config: BookingConfig | undefined;
  readonly door: GatewayDoor | undefined;
  readonly loads: readonly LoadAdapter[];
}): BookingLine => {
  if (config === undefined || door === undefined)
    return { reserved: undefined, calendar: undefined, rounds: () => [] };
  const { spec, requests, nowMs, log } = parts;
  const { siteId } = spec;
  const { calendar: rules, everyMs } = config;
  const reserved = new Reserved({ ...parts, config, door });
  const calendar =
    rules && new CalendarKeeper({ siteId, config, calendar: rules, loads, requests, door, nowMs, log });
  return {
    reserved,
    calendar,
    rounds: () => [
      startRounds(`booked ${siteId}`, everyMs, () => reserved.look(), log),
      ...(calendar === undefined
        ? []
        : [startRounds(`calendar ${siteId}`, everyMs, () => calendar.look(), log)]),
    ],
  };
};
