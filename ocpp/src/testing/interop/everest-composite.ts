import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Profiles } from '../../simulator/profiles.ts';
import { readProfile, type ToldProfile } from '../../simulator/read-profile.ts';

/**
 * The composite-schedule cases of EVerest's `libocpp` for 2.x, beside the profiles of the simulated station. They are read, with what they expect,
 * out of the test program where `ROAMGRID_VECTORS` names a checkout of `EVerest/libocpp` or of `EVerest/everest-core`: nothing of them is kept here.
 */
export const EVEREST_COMPOSITE = 'composite schedules of EVerest’s libocpp';

/** Within a checkout of the library, and of EVerest, which holds it. */
const PLACES = [
  ['tests', 'lib', 'ocpp', 'v2'],
  ['lib', 'everest', 'ocpp', 'tests', 'lib', 'ocpp', 'v2'],
];
const PROGRAM = 'test_composite_schedule.cpp';

/** What the program's own names stand for; both limits are its default where no profile says anything. */
const NAMES: Readonly<Record<string, number>> = {
  ...{ STATION_WIDE_ID: 0, DEFAULT_EVSE_ID: 1, DEFAULT_LIMIT_AMPERE: 57, DEFAULT_LIMIT_WATT: 55_612 },
  nr_of_evses: 2,
};
const TENTHS = 10;
const MS_PER_S = 1_000;
/** The program itself lets begins of periods differ by less than so much, s. */
const TOLERANCE_S = 10;

interface Period {
  readonly startS: number;
  readonly limit: number;
}

/** One schedule that a case asks for. */
interface Asked {
  readonly evse: number;
  readonly unit: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly beganAtMs: number | undefined;
  expected: readonly Period[];
}

export interface CompositeCase {
  readonly name: string;
  readonly profiles: readonly { readonly path: string; readonly evse: number }[];
  readonly asked: readonly Asked[];
  readonly doesNotApply?: string;
}

/** A number, a name, or a sum or product of two of them. */
const valueOf = (text: string): number => {
  const [, left = text, sign, right] = /^\s*(.+?)\s*([+*])\s*(.+?)\s*$/.exec(text) ?? [];
  if (sign !== undefined && right !== undefined)
    return sign === '+' ? valueOf(left) + valueOf(right) : valueOf(left) * valueOf(right);
  const plain = left.trim().replace(/F$/, '');
  const value = NAMES[plain] ?? Number(plain);
  if (!Number.isFinite(value)) throw new Error(`${plain} is no number that is known here`);
  return value;
};

const STATEMENT = new RegExp(
  [
    String.raw`load_charging_profiles_for_evse\((?:BASE_JSON_PATH_V2 \+ )?"(?<path>[^"]+)",\s*(?<at>\w+)\)`,
    String.raw`DateTime (?<time>\w+) = ocpp::DateTime\("(?<iso>[^"]+)"\)`,
    String.raw`open_transaction\((?<opens>[^)]*)\)`,
    String.raw`get_transaction\(\)->start_time = (?<begins>\w+)`,
    String.raw`(?<period>period\d*)\.(?<field>startPeriod|limit) = (?<value>[^;]+);`,
    String.raw`expected\.chargingSchedulePeriod = \{(?<list>[^}]*)\}`,
    String.raw`calculate_composite_schedule\((?<call>[^)]*)\)`,
    String.raw`PeriodEquals(?:WithPhases)?\((?<equals>[^)]*)\)`,
  ].join('|'),
  'g',
);

const whyNot = (body: string): string | undefined => {
  if (body.includes('get_baseline_profile_vector')) return 'its profiles are code there';
  if (body.includes('reconfigure_for_nr_of_evses'))
    return 'a schedule of the whole station as the sum of its outlets: here each outlet is asked';
  if (body.includes('WithStationMaxForEvse0'))
    return 'a schedule of the whole station that heeds a profile of one outlet: here each outlet is asked';
  if (body.includes('OCTT_TC_K_41_CS'))
    return 'two profiles of one id: the later replaces the earlier (K01.FR.05)';
  if (body.includes('NoGapsWithSequentialProfiles'))
    return 'two profiles of one purpose, level and place that are always valid: no station takes them (K01.FR.06)';
  if (
    body.includes('MixingCurrentAndPower') ||
    body.includes('_Ampere.json') ||
    body.includes('_25_Watt.json')
  )
    return 'amperes and watts, or numbers of phases, in one schedule: here a schedule is of one unit, all phases alike';
  return undefined;
};

const readCase = (name: string, body: string): CompositeCase => {
  const doesNotApply = whyNot(`${name} ${body}`);
  if (doesNotApply !== undefined) return { name, profiles: [], asked: [], doesNotApply };
  const times = new Map<string, number>();
  const periods = new Map<string, { startS: number; limit: number }>();
  const profiles: { readonly path: string; readonly evse: number }[] = [];
  const asked: Asked[] = [];
  let listed: readonly Period[] = [];
  let begins: 'never' | 'always' | number = 'never';
  const timeOf = (variable: string): number => times.get(variable.trim()) ?? Number.NaN;
  for (const { groups = {} } of body.matchAll(STATEMENT)) {
    const { path, at, time, iso, opens, begins: since, period, field, value, list, call, equals } = groups;
    if (path !== undefined && at !== undefined) profiles.push({ path, evse: valueOf(at) });
    if (time !== undefined && iso !== undefined) times.set(time, Date.parse(`${iso}Z`));
    if (opens !== undefined) {
      const [, , from] = opens.split(',');
      begins = from === undefined ? 'always' : timeOf(from);
    }
    if (since !== undefined) begins = timeOf(since);
    if (period !== undefined && value !== undefined) {
      const known = periods.get(period) ?? { startS: 0, limit: 0 };
      periods.set(period, { ...known, [field === 'limit' ? 'limit' : 'startS']: valueOf(value) });
    }
    if (list !== undefined) listed = list.split(',').flatMap((one) => periods.get(one.trim()) ?? []);
    if (call !== undefined) {
      const [from = '', until = '', evse = '', unit = '', , simulated = ''] = call.split(',');
      const fromMs = timeOf(from);
      // A transaction that is simulated begins with the schedule.
      const isSimulated = begins === 'never' && simulated.trim() === 'true';
      asked.push({
        ...{ evse: valueOf(evse), unit: unit.trim().at(-1) ?? '', fromMs, untilMs: timeOf(until) },
        beganAtMs: begins === 'always' || isSimulated ? fromMs : begins === 'never' ? undefined : begins,
        expected: listed,
      });
    }
    const last = asked.at(-1);
    if (equals !== undefined && last !== undefined) {
      const [startS = '', limit = ''] = equals.split(',');
      last.expected = [...last.expected, { startS: valueOf(startS), limit: valueOf(limit) }];
    }
  }
  return { name, profiles, asked };
};

/** The cases of a test program. @throws Error when it has none: then it is written otherwise than this reads it. */
export const compositeCases = (program: string): readonly CompositeCase[] => {
  const cases = program
    .split(/^TEST_F\(/m)
    .slice(1)
    .map((text) => readCase(/^\w+,\s*(\w+)/.exec(text)?.[1] ?? '', text));
  if (cases.length === 0) throw new Error(`${PROGRAM} has no cases that can be read`);
  return cases;
};

/** Where the cases lie in one of the folders. */
export const compositeFolder = (folders: readonly string[]): string | undefined =>
  folders
    .flatMap((folder) => PLACES.map((place) => join(folder, ...place)))
    .find((folder) => existsSync(join(folder, PROGRAM)));

const filesAt = (path: string): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((file) => file.endsWith('.json'))
        .toSorted()
        .map((file) => join(path, file))
    : [path];

const wrongOf = (folder: string, { profiles: paths, asked }: CompositeCase): string | undefined => {
  const profiles = new Profiles();
  for (const { path, evse } of paths)
    for (const file of filesAt(join(folder, 'json', path))) {
      const profile = readProfile(evse, JSON.parse(readFileSync(file, 'utf8')) as ToldProfile);
      if (profile !== undefined) profiles.set(profile);
    }
  if (asked.length === 0) return 'it asks for nothing that could be read';
  for (const { evse, unit, fromMs, untilMs, beganAtMs, expected } of asked) {
    const most = NAMES[unit === 'A' ? 'DEFAULT_LIMIT_AMPERE' : 'DEFAULT_LIMIT_WATT'] ?? 0;
    const view = { evse, mostTenths: most * TENTHS, ...(beganAtMs !== undefined && { beganAtMs }) };
    const durationS = (untilMs - fromMs) / MS_PER_S;
    const ours = (
      profiles.compose(unit, fromMs, durationS, view) ?? [{ startS: 0, limitTenths: most * TENTHS }]
    ).map(({ startS, limitTenths }) => ({ startS, limit: limitTenths / TENTHS }));
    const isSame =
      ours.length === expected.length &&
      ours.every(({ startS, limit }, at) => {
        const theirs = expected[at];
        return (
          theirs !== undefined && theirs.limit === limit && Math.abs(theirs.startS - startS) < TOLERANCE_S
        );
      });
    if (!isSame) return `${JSON.stringify(ours)}, theirs ${JSON.stringify(expected)}`;
  }
  return undefined;
};

/** Puts each case together that applies. */
export const exerciseComposite = (
  folder: string,
): readonly { readonly name: string; readonly wrong?: string; readonly doesNotApply?: string }[] =>
  compositeCases(readFileSync(join(folder, PROGRAM), 'utf8')).map((one) => {
    const { name, doesNotApply } = one;
    if (doesNotApply !== undefined) return { name, doesNotApply };
    const wrong = wrongOf(folder, one);
    return wrong === undefined ? { name } : { name, wrong };
  });
