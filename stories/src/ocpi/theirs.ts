import { parseDecimal, unwrap } from '@roamgrid/domain';
import type { Platform } from '@roamgrid/ocpi';
import type { SimulatedStation } from '@roamgrid/ocpp';
import {
  isExactNumber,
  meterKeyOf,
  parseJsonKeepingNumbers,
  verifyOcmf,
  type ExactNumber,
} from '@roamgrid/wire';
import { z } from 'zod';
import { committedCdr } from '../scenario/report.ts';
import { asker } from '../system/ask.ts';
import { until } from '../system/until.ts';
import { locationOf, PARTNER, STREET, THEIR_CARD, tokenOf } from './cast.ts';
import { closedSession } from './closed-session.ts';
import type { KnownPartner } from './register-partner.ts';
import { recordedOf, type OcpiReading } from './report.ts';
import type { SkippingClock } from './skipping-clock.ts';
import type { OcpiStage } from './stage.ts';
import { streetStation } from './street.ts';

const CHIP = { idToken: THEIR_CARD.uid, type: 'ISO14443' } as const;
const STEP_MILLI_WH = 150_000n;
const STEPS = 3;
/** 9 kW. */
const STEP_MS = 60_000;
const HOUR_S = 3_600;
const TENTHS = 10;
/** `LIMIT_W` as OCPP’s decimals have it. */
const LIMIT_TENTHS = 110_000;
const HOUR_MS = HOUR_S * 1_000;

/** The partner pushes its driver's card to the door, good or taken back. */
const pushCard = async (
  { door, clock }: OcpiStage,
  platform: Platform,
  { token }: KnownPartner,
  isValid: boolean,
): Promise<void> => {
  const { country, party } = PARTNER;
  const url = `${door.url}/ocpi/${platform.version}/receiver/tokens/${country}/${party}/${THEIR_CARD.uid}`;
  const { status, text } = await platform.ask(url, token, {
    method: 'PUT',
    body: tokenOf(isValid, clock.nowMs()),
  });
  if (status >= 300) throw new Error(`the door took no token: ${text}`);
};

const isAuthorized = (station: SimulatedStation, wanted: boolean): Promise<boolean> =>
  until(`the card ${wanted ? 'good' : 'refused'} at the station`, async () =>
    (await station.authorize(CHIP)).isAccepted === wanted ? wanted : undefined,
  ).catch(() => !wanted);

const commandAnswer = z.looseObject({
  outcome: z.string(),
  schedule: z.looseObject({ periods: z.array(z.looseObject({ limitTenths: z.int() })) }).optional(),
});

const stationsShown = z.looseObject({
  stations: z.array(
    z.looseObject({
      stationId: z.string(),
      connection: z.looseObject({ protocol: z.string() }).optional(),
    }),
  ),
});

/** Duke Energy reserves its outlet for the card, and limits it for an hour. */
const prepareOutlet = async ({ street, system, clock }: OcpiStage) => {
  const ask = asker(system.keys.key('USDUK-operator'), 'operator', 'USDUK', 'operator');
  const outlet = { evse: 1 };
  const tell = (commandId: string, command: object) =>
    ask(
      'PUT',
      `${street.url}/operator/v1/stations/${STREET.stationId}/commands/${commandId}`,
      { outlet, ...command },
      commandAnswer,
    );
  const shown = await ask('GET', `${street.url}/operator/v1/stations`, undefined, stationsShown);
  const protocol = shown.stations[0]?.connection?.protocol ?? 'none';
  const nowMs = clock.nowMs();
  const { outcome } = await tell('reserve-street-1', {
    ...{ kind: 'reserve', reservationId: 7, untilMs: nowMs + HOUR_MS },
    token: { type: 'rfid', value: THEIR_CARD.uid },
  });
  await tell('limit-street-1', {
    kind: 'set-profile',
    profile: {
      ...{ profileId: 1, stackLevel: 0, purpose: 'transaction-default', kind: 'absolute', unit: 'W' },
      ...{
        startMs: nowMs,
        durationS: HOUR_S,
        periods: [{ startS: 0, limitTenths: LIMIT_TENTHS }],
      },
    },
  });
  const { schedule } = await tell('schedule-street-1', { kind: 'composite-schedule', durationS: 600 });
  const limits = schedule?.periods.map(({ limitTenths }) => limitTenths / TENTHS) ?? [];
  return {
    protocol,
    reservation: outcome,
    leastLimitW: limits.length === 0 ? 'none' : Math.min(...limits).toString(),
  };
};

const toldSession = z.looseObject({ id: z.string(), status: z.string() });

const read = <S extends z.ZodType>(schema: S, text: string): z.output<S> =>
  schema.parse(unwrap(parseJsonKeepingNumbers(text)));

/** Whole sessions as the partner's platform was told them; what moved meanwhile it was told besides. */
const sessionsAt = ({ heard }: Platform): readonly z.output<typeof toldSession>[] =>
  heard
    .filter(({ method, path }) => method === 'PUT' && path.startsWith('/receiver/sessions'))
    .map(({ body }) => read(toldSession, body));

/** The driver comes, charges, and goes; the station tells one of its meter values twice. */
const charge = async (
  station: SimulatedStation,
  { skip }: SkippingClock,
  platform: Platform,
): Promise<bigint> => {
  const before = station.register(1);
  await station.begin(1, CHIP, { reservation: 7 });
  await until('the session at the partner, while it runs', () => Promise.resolve(sessionsAt(platform).at(0)));
  for (let step = 0; step < STEPS; step += 1) {
    skip(STEP_MS);
    await station.charge(1, STEP_MILLI_WH);
  }
  await station.tellAgain(-1);
  await station.end(1);
  return station.register(1) - before;
};

const exactNumber = z.custom<ExactNumber>(isExactNumber);
const toldCdr = z.looseObject({
  id: z.string(),
  total_energy: exactNumber,
  total_cost: z.looseObject({ incl_vat: exactNumber }),
  signed_data: z.looseObject({
    public_key: z.string(),
    signed_values: z.array(z.looseObject({ signed_data: z.string() })),
  }),
});
const isSigned = ({
  signed_data: { public_key: publicKey, signed_values: values },
}: z.output<typeof toldCdr>) => {
  const key = meterKeyOf(publicKey);
  return key.ok && values.length > 0 && values.every((value) => verifyOcmf(value.signed_data, key.value).ok);
};

/** What the partner's platform was told of a session. */
const toldOf = async (platform: Platform, sessionId: string): Promise<OcpiReading['theirs']['told']> => {
  const bodies = (path: string) =>
    platform.heard.filter((one) => one.path.startsWith(`/receiver/${path}`)).map(({ body }) => body);
  const cdrs = await until('the record at the partner', () => {
    const all = bodies('cdrs').map((text) => read(toldCdr, text));
    return Promise.resolve(all.some(({ id }) => id === sessionId) ? all : undefined);
  });
  const sessions = sessionsAt(platform);
  const [cdr] = cdrs;
  if (cdr === undefined) throw new Error('the partner was told no record');
  const decimal = ({ value }: { readonly value: string }) => unwrap(parseDecimal(value, 6));
  return {
    ...{ sessions: sessions.length, cdrs: cdrs.length },
    ...{ begun: sessions.at(0)?.status ?? 'none', status: sessions.at(-1)?.status ?? 'none' },
    energyMilliWh: decimal(cdr.total_energy),
    totalMicros: decimal(cdr.total_cost.incl_vat),
    isSigned: isSigned(cdr),
  };
};

/** A driver of the partner's charges at Duke Energy. */
export const chargeTheirs = async (
  stage: OcpiStage,
  platform: Platform,
  partner: KnownPartner,
): Promise<OcpiReading['theirs']> => {
  const { system, clock, street, door, operate, duke, progress } = stage;
  progress('the partner pushes its driver’s card; Alabama Power makes it one of the customer who stands in');
  await pushCard(stage, platform, partner, true);
  const shown = locationOf({
    ...{ owner: { country: 'US', party: 'ALP' }, id: 'DUK-STREET-1', name: 'On the street' },
    ...{ evseUid: '1', evseId: STREET.evseId, timeZone: 'America/New_York' },
  });
  await operate('PUT', `${door.url}/operator/v1/own/locations`, { text: JSON.stringify(shown) }, z.unknown());
  const station = streetStation(system, street, clock.nowMs);
  await station.switchOn();
  try {
    const authorized = await isAuthorized(station, true);
    const outlet = await prepareOutlet(stage);
    progress('the partner’s driver charges at Duke Energy’s street station, by OCPP');
    const movedMilliWh = await charge(station, clock, platform);
    const sessionId = await closedSession(duke);
    const recorded = recordedOf(await committedCdr(duke, sessionId));
    progress('the record goes to the partner, by OCPI, with what the meter signed');
    const told = await toldOf(platform, sessionId);
    await pushCard(stage, platform, partner, false);
    const isAuthorizedAfter = await isAuthorized(station, false);
    return { isAuthorized: authorized, ...outlet, movedMilliWh, recorded, told, isAuthorizedAfter };
  } finally {
    await station.switchOff();
  }
};
