import { parsePolicy, type TariffPolicy } from '../../policy/policy.ts';

const COMMON = {
  version: 1,
  utility: 'USDUK',
  currency: 'USD',
  validFromMs: 0,
  intervalMinutes: 60,
  baseMicrosPerKWh: '300000',
  floorMicrosPerKWh: '150000',
  ceilingMicrosPerKWh: '600000',
  tickMicrosPerKWh: '1000',
  noticeMinutes: 120,
  budgetNeutral: false,
  review: { reviewer: 'study', reviewedAtMs: 0 },
};

const LEVEL = { kind: 'bands', points: [{ ratioPpm: '0', multiplierPpm: '1000000' }] };
const WEEKDAYS = [1, 2, 3, 4, 5];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

/** The three tariffs of the study as policies of the tariff service: one base price, three ways to follow the grid. */
export function studyPolicies(
  timeZone: string,
): Readonly<Record<'flat' | 'timeOfUse' | 'adaptive', TariffPolicy>> {
  return {
    flat: policy({
      ...COMMON,
      timeZone,
      policyId: 'flat',
      maxStepMicrosPerKWh: '450000',
      loadCurve: LEVEL,
      timeOfUse: [],
    }),
    timeOfUse: policy({
      ...COMMON,
      timeZone,
      policyId: 'time-of-use',
      maxStepMicrosPerKWh: '450000',
      loadCurve: LEVEL,
      timeOfUse: [
        { weekdays: WEEKDAYS, fromMinute: 14 * 60, untilMinute: 20 * 60, multiplierPpm: '1350000' },
        { weekdays: EVERY_DAY, fromMinute: 22 * 60, untilMinute: 24 * 60, multiplierPpm: '750000' },
        { weekdays: EVERY_DAY, fromMinute: 0, untilMinute: 6 * 60, multiplierPpm: '750000' },
      ],
    }),
    adaptive: policy({
      ...COMMON,
      timeZone,
      policyId: 'adaptive',
      maxStepMicrosPerKWh: '40000',
      loadCurve: {
        kind: 'linear',
        points: [
          { ratioPpm: '400000', multiplierPpm: '700000' },
          { ratioPpm: '600000', multiplierPpm: '1000000' },
          { ratioPpm: '800000', multiplierPpm: '1500000' },
          { ratioPpm: '950000', multiplierPpm: '2000000' },
        ],
      },
      timeOfUse: [],
    }),
  };
}

function policy(json: object): TariffPolicy {
  const parsed = parsePolicy(json);
  if (!parsed.ok) throw new Error(`a policy of the study is wrong: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
}
