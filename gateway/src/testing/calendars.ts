import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { problem, stationCalendar, type StationCalendar } from '@roamgrid/wire';
import type { TestGateway } from './gateway-rig.ts';

type Who = 'operator' | 'aaa';

/** Stations' calendars as whoever may write them reads and writes them. */
export const calendarsOf = (gateway: () => Pick<TestGateway, 'ask'>) => {
  const path = (stationId: string) => `/operator/v1/stations/${stationId}/calendar`;
  const tell = (who: Who, stationId: string, said: StationCalendar) =>
    gateway().ask(who, 'PUT', path(stationId), stationCalendar.encode(said));
  const read = async (stationId: string, who: Who = 'operator'): Promise<StationCalendar> => {
    const { status, body } = await gateway().ask(who, 'GET', path(stationId));
    assert.equal(status, 200, JSON.stringify(body));
    return stationCalendar.parse(body);
  };
  return {
    read,
    async write(stationId: string, said: StationCalendar): Promise<StationCalendar> {
      const { status, body } = await tell('operator', stationId, said);
      assert.equal(status, 200, JSON.stringify(body));
      return stationCalendar.parse(body);
    },
    /** Status and code of a write that is refused. */
    async refusal(stationId: string, said: StationCalendar): Promise<readonly [number, string]> {
      const { status, body } = await tell('operator', stationId, said);
      return [status, problem.parse(body).code];
    },
    /** Changes what holds, as often as somebody else was faster. @returns how often that was */
    async change(
      who: Who,
      stationId: string,
      to: (now: StationCalendar) => StationCalendar,
    ): Promise<number> {
      for (let lost = 0; ; lost += 1) {
        assert.ok(lost < 200, 'everybody else is always faster');
        const { status, body } = await tell(who, stationId, to(await read(stationId, who)));
        if (status === 200) return lost;
        assert.deepEqual([status, problem.parse(body).code], [409, 'VERSION_OLD']);
        await sleep(Math.random() * 20);
      }
    },
  };
};
