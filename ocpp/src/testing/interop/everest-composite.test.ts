import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compositeFolder, exerciseComposite } from './everest-composite.ts';

/** A program in the form of theirs, with cases of our own. */
const PROGRAM = `
TEST_F(Fixture, Gap) {
    this->load_charging_profiles_for_evse("own/evening.json", DEFAULT_EVSE_ID);
    const DateTime start_time = ocpp::DateTime("2026-01-01T17:59:00");
    const DateTime end_time = ocpp::DateTime("2026-01-01T18:11:00");
    auto result = handler->calculate_composite_schedule(start_time, end_time, DEFAULT_EVSE_ID,
                                                        ChargingRateUnitEnum::A, false, true);
    EXPECT_THAT(result.chargingSchedulePeriod, testing::ElementsAre(
        PeriodEquals(0, DEFAULT_LIMIT_AMPERE), PeriodEqualsWithPhases(60, 16.0F, 3), PeriodEquals(660, 28.5F * 2)));
}
TEST_F(Fixture, Otherwise) {
    this->load_charging_profiles_for_evse(BASE_JSON_PATH_V2 + "/own/", DEFAULT_EVSE_ID);
    evse_manager->open_transaction(DEFAULT_EVSE_ID, TX_ID);
    const DateTime start_time = ocpp::DateTime("2026-01-01T18:00:00");
    const DateTime end_time = ocpp::DateTime("2026-01-01T18:01:00");
    ChargingSchedulePeriod period;
    period.startPeriod = 0;
    period.limit = 15.0;
    expected.chargingSchedulePeriod = {period};
    CompositeSchedule actual = handler->calculate_composite_schedule(start_time, end_time, DEFAULT_EVSE_ID,
                                                                     ChargingRateUnitEnum::A, false, false);
}
TEST_F(Fixture, Summed) {
    this->reconfigure_for_nr_of_evses(nr_of_evses);
}
`;

describe('cases of composite schedules in a test program of EVerest’s', () => {
  const folder = mkdtempSync(join(tmpdir(), 'composite-'));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are read where they lie, put together, and told apart where ours is another', () => {
    const at = join(folder, 'lib', 'everest', 'ocpp', 'tests', 'lib', 'ocpp', 'v2');
    mkdirSync(join(at, 'json', 'own'), { recursive: true });
    writeFileSync(join(at, 'test_composite_schedule.cpp'), PROGRAM);
    const schedule = {
      ...{ id: 1, chargingRateUnit: 'A', duration: 600, startSchedule: '2026-01-01T18:00:00Z' },
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
    };
    const profile = {
      ...{ id: 1, stackLevel: 0, chargingProfileKind: 'Absolute', chargingSchedule: [schedule] },
      chargingProfilePurpose: 'TxDefaultProfile',
    };
    writeFileSync(join(at, 'json', 'own', 'evening.json'), JSON.stringify(profile));
    assert.equal(compositeFolder([join(folder, 'nowhere')]), undefined);
    const [gap, otherwise, summed] = exerciseComposite(compositeFolder([folder]) ?? '');
    assert.deepEqual(gap, { name: 'Gap' });
    assert.match(otherwise?.wrong ?? '', /"limit":16\}\], theirs .*"limit":15/);
    assert.match(summed?.doesNotApply ?? '', /sum of its outlets/);
  });
});
