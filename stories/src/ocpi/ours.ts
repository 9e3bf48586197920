import { parseDecimal, unwrap } from '@roamgrid/domain';
import type { Platform } from '@roamgrid/ocpi';
import { z } from 'zod';
import { committedCdr } from '../scenario/report.ts';
import { until } from '../system/until.ts';
import { closedSession } from './closed-session.ts';
import { GUEST, OUR_CHIP, PARTNER, PRICES, tariffTextOf } from './cast.ts';
import type { KnownPartner } from './register-partner.ts';
import { recordedOf, type OcpiReading } from './report.ts';
import type { OcpiStage } from './stage.ts';

const SESSION = 'RJN-S-1';
const KWH = '12.345';
/** 12.345 kWh at 0.30. */
const COST = '3.7035';

const CARD = { country_code: 'US', party_id: 'ALP', uid: OUR_CHIP, type: 'RFID' } as const;
const OWNER = { country_code: PARTNER.country, party_id: PARTNER.party } as const;
/** Of the CDR by which the partner corrects itself: 12 kWh at 0.30. */
const LOWER = { id: 'RJN-C-2', kwh: '12.000', cost: '3.6' } as const;
/** 12.345 kWh at 74 kW. */
const CHARGED_MS = 600_000;

/** A JSON text, in which a number stands in its own digits. */
const withNumbers = (object: object, numbers: Readonly<Record<string, string>>): string =>
  Object.entries(numbers).reduce(
    (text, [name, digits]) => text.replaceAll(`"#${name}"`, digits),
    JSON.stringify(object),
  );

interface Visit {
  readonly cin: string;
  readonly reference: string;
  readonly beganAt: string;
  readonly now: () => string;
}

const sessionText = ({ cin, reference, beganAt, now }: Visit, kwh: string): string =>
  withNumbers(
    {
      ...OWNER,
      ...{ id: SESSION, start_date_time: beganAt, kwh: '#K', status: 'ACTIVE', currency: 'USD' },
      cdr_token: { ...CARD, contract_id: cin },
      ...{ auth_method: 'AUTH_REQUEST', authorization_reference: reference, connector_id: '1' },
      ...{ location_id: GUEST.locationId, evse_uid: GUEST.evseUid, last_updated: now() },
    },
    { K: kwh },
  );

const FIRST = { id: 'RJN-C-1', kwh: KWH, cost: COST } as const;

/** @param more members of a credit */
const cdrText = (
  { cin, reference, beganAt, endedAt }: Visit & { readonly endedAt: string },
  { id, kwh, cost: costs }: typeof FIRST | typeof LOWER | Readonly<Record<'id' | 'kwh' | 'cost', string>>,
  more: object = {},
): string => {
  const cost = { excl_vat: '#C', incl_vat: '#C' };
  const object = {
    ...OWNER,
    ...{ id, session_id: SESSION, start_date_time: beganAt, end_date_time: endedAt },
    cdr_token: { ...CARD, contract_id: cin },
    ...{ auth_method: 'AUTH_REQUEST', authorization_reference: reference, currency: 'USD' },
    cdr_location: {
      ...{ id: GUEST.locationId, address: 'Quay 7', city: 'Rotterdam', country: 'NLD' },
      coordinates: { latitude: '51.90750', longitude: '4.48660' },
      ...{ evse_uid: GUEST.evseUid, evse_id: 'NL*RJN*EQUAY1', connector_id: '1' },
      ...{ connector_standard: 'IEC_62196_T2_COMBO', connector_format: 'CABLE', connector_power_type: 'DC' },
    },
    tariffs: ['#T'],
    charging_periods: [{ start_date_time: beganAt, dimensions: [{ type: 'ENERGY', volume: '#K' }] }],
    ...{ total_cost: cost, total_energy: '#K', total_time: '#H', last_updated: endedAt },
    ...more,
  };
  return withNumbers(object, { K: kwh, C: costs, H: '0.0', T: tariffTextOf('USALP', PRICES.USALP) });
};

const asked = z.looseObject({
  data: z.looseObject({ allowed: z.string(), authorization_reference: z.string().optional() }),
});

/** A customer of Duke Energy's charges at the partner's station, which asks, tells and bills by OCPI. */
export const chargeOurs = async (
  { alabama, clock, door, operate, driver, progress }: OcpiStage,
  platform: Platform,
  { token }: KnownPartner,
): Promise<{
  readonly ours: OcpiReading['ours'];
  /** The partner credits its CDR and tells a lower one. @returns what that one costs */
  readonly correct: () => Promise<bigint>;
}> => {
  const now = () => new Date(clock.nowMs()).toISOString();
  const base = `${door.url}/ocpi/${platform.version}`;
  const tell = async (method: 'POST' | 'PUT', path: string, text: string): Promise<string> => {
    const answer = await platform.ask(`${base}/${path}`, token, { method, text });
    if (answer.status >= 300) throw new Error(`the door took no ${path}: ${answer.text}`);
    return answer.text;
  };
  progress('the partner is shown a card of Duke Energy’s driver, and asks when it comes to its station');
  const card = {
    ...{ ...CARD, contract_id: driver.cin, issuer: 'Duke Energy', valid: true, whitelist: 'NEVER' },
    last_updated: now(),
  };
  await operate('PUT', `${door.url}/operator/v1/own/tokens`, { text: JSON.stringify(card) }, z.unknown());
  const place = JSON.stringify({ location_id: GUEST.locationId, evse_uids: [GUEST.evseUid] });
  // A machine that is busy may not answer in time: then the driver shows the card again.
  const data = await until('the card to be good at the partner', async () => {
    const text = await tell('POST', `sender/tokens/${OUR_CHIP}/authorize?type=RFID`, place);
    const { data: said } = asked.parse(JSON.parse(text));
    return said.allowed === 'ALLOWED' ? said : undefined;
  });
  const visit = { cin: driver.cin, reference: data.authorization_reference ?? '', beganAt: now(), now };
  progress('the driver charges there; the partner tells the session as it goes, and its CDR twice');
  const path = `receiver/sessions/${PARTNER.country}/${PARTNER.party}/${SESSION}`;
  await tell('PUT', path, sessionText(visit, '0.000'));
  const rows = z.looseObject({
    items: z.array(z.looseObject({ sessionKey: z.string(), state: z.string() })),
  });
  await until('the session at the gateway', async () => {
    const { items } = await operate('GET', `${door.url}/operator/v1/partner-sessions`, undefined, rows);
    return items.find(({ state }) => state === 'open');
  });
  clock.skip(CHARGED_MS / 2);
  await tell('PUT', path, sessionText(visit, '6.100'));
  clock.skip(CHARGED_MS / 2);
  const ended = { ...visit, endedAt: now() };
  const cdr = cdrText(ended, FIRST);
  for (let time = 0; time < 2; time += 1) await tell('POST', 'receiver/cdrs', cdr);
  const sessionId = await closedSession(alabama);
  const recorded = recordedOf(await committedCdr(alabama, sessionId));
  const micros = (text: string) => unwrap(parseDecimal(text, 6));
  const told = { energyMilliWh: micros(KWH), totalMicros: micros(COST) };
  return {
    ours: { allowed: data.allowed, recorded, told },
    correct: async () => {
      const mark = { credit: true, credit_reference_id: FIRST.id };
      const credit = cdrText(ended, { ...FIRST, id: `${FIRST.id}-C`, cost: `-${COST}` }, mark);
      for (let time = 0; time < 2; time += 1) await tell('POST', 'receiver/cdrs', credit);
      await tell('POST', 'receiver/cdrs', cdrText(ended, LOWER));
      return micros(LOWER.cost);
    },
  };
};
