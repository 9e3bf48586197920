import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fakeGateway } from '@roamgrid/station-kit/testing';
import type { OcpiConfig } from '../../../config.ts';
import { own, MODULES } from '../../../testing/duke.ts';
import { tokenText } from '../../../objects/examples.fixture.ts';
import { startPlatform } from '../../../simulator/platform.ts';
import { until } from '../../../testing/until.ts';
import { bringIn, makeTown } from '../../../testing/world.ts';

export type Json = Readonly<Record<string, unknown>>;
type Outlets = NonNullable<OcpiConfig['partnerStations']>['outlets'];

export const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid }) as never;
const [stationKey, operatorKey] = [pair(), pair()];
/** By which what the door states of outlets is verified. */
export const operatorPublicKey = (): string =>
  operatorKey.publicKey.export({ type: 'spki', format: 'der' }).toString('hex');
/** Of the meters that sign. */
export const meterKey = pair();
const COUNT = 30;
const outlets: Outlets = Array.from({ length: COUNT }, (_, at) => ({
  ...{ partnerId: 'rhk', locationId: `L-${at}`, evseUid: `E-${at}` },
  ...{
    stationId: `RHK-${at}`,
    keyId: 'k1',
    key: jwk(stationKey.privateKey, 'k1'),
    evseId: `US*DUK*E${at}*1`,
  },
  ...{
    maxPowerW: '22000',
    operatorMeter: { meterId: `RHK-DOOR-${at}`, key: jwk(operatorKey.privateKey, 'o1') },
  },
  signingMeter: { meterId: `METER-RHK-${at}`, key: jwk(meterKey.publicKey, 'm1') },
}));

/** 0.30 USD/kWh, as the gateway has it. */
const tariff = `{ "country_code": "DE", "party_id": "RHK", "id": "T-1", "currency": "USD", "elements": [
  { "price_components": [{ "type": "ENERGY", "price": 0.30, "step_size": 1 }] }], "last_updated": "2026-03-01T08:00:00Z" }`;
const cdrToken = { country_code: 'US', party_id: 'DUK', uid: '04A1B2C3D4E580', type: 'RFID' };

/** An outlet that no other test has used, and the session there. */
export interface Fresh {
  readonly at: number;
  readonly id: string;
  readonly location: Json;
}

/** A door with a partner whose outlets are stations of a gateway that keeps sessions. @param changes of its configuration */
export const openStations = async ({ times: changedTimes, ...changes }: Partial<OcpiConfig> = {}) => {
  let shiftMs = 0;
  let used = 0;
  const nowMs = () => Date.now() + shiftMs;
  const town = await makeTown();
  const [platform, gateway] = await Promise.all([startPlatform('2.2.1', MODULES), fakeGateway(nowMs)]);
  const times = { outbox: 20, firstRetry: 20, longestRetry: 40, authorise: 2_000, ...changedTimes };
  const duke = await town.open(
    'USDUK',
    { ...changes, times, partnerStations: { gatewayUrl: gateway.url, outlets } },
    { nowMs },
  );
  const token = await bringIn(duke, platform, 'rhk', 'DERHK', 'CPO');
  const store = await duke.store();
  await duke.operate('PUT', '/operator/v1/own/tokens', { text: own(tokenText) });
  const iso = (ms: number) => new Date(ms).toISOString();
  const ask = (path: string, method: string, body?: unknown, text?: string) =>
    platform.ask(`${duke.door.url}/ocpi/2.2.1/${path}`, token, {
      method,
      ...(body !== undefined && { body }),
      ...(text !== undefined && { text }),
    });
  const authorise = async (location?: Json) =>
    (await ask('sender/tokens/04A1B2C3D4E580/authorize', 'POST', location)).json.data as {
      allowed: string;
      authorization_reference?: string;
      info?: { text: string };
    };
  const fresh = (): Fresh => {
    used += 1;
    const at = used - 1;
    return { at, id: `S-${at}`, location: { location_id: `L-${at}`, evse_uids: [`E-${at}`] } };
  };
  const began = new Map<string, number>();
  const startOf = (id: string): number => {
    const known = began.get(id) ?? nowMs();
    began.set(id, known);
    return known;
  };
  const sessionOf = ({ at, id }: Fresh, kwh: string, more: Json = {}): string =>
    JSON.stringify({
      ...{ country_code: 'DE', party_id: 'RHK', id, start_date_time: iso(startOf(id)) },
      ...{
        kwh: '#',
        cdr_token: { ...cdrToken, contract_id: 'NL-MSP-C00004711-8' },
        auth_method: 'AUTH_REQUEST',
      },
      ...{
        location_id: `L-${at}`,
        evse_uid: `E-${at}`,
        connector_id: '1',
        currency: 'USD',
        status: 'ACTIVE',
      },
      ...{ last_updated: iso(nowMs()), ...more },
    }).replace('"#"', kwh);
  const tellSession = async (which: Fresh, kwh: string, more: Json = {}): Promise<void> => {
    const told = await ask(
      `receiver/sessions/DE/RHK/${which.id}`,
      'PUT',
      undefined,
      sessionOf(which, kwh, more),
    );
    assert.equal(told.json.status_code, 1000, told.text);
  };
  const cdrOf = ({ at, id }: Fresh, kwh: string, total: string, more: Json = {}): string => {
    const startMs = startOf(id);
    return JSON.stringify({
      ...{
        country_code: 'DE',
        party_id: 'RHK',
        id: `C-${at}`,
        session_id: id,
        start_date_time: iso(startMs),
      },
      ...{ end_date_time: iso(Math.max(nowMs(), startMs + 1)), auth_method: 'AUTH_REQUEST', currency: 'USD' },
      cdr_token: { ...cdrToken, contract_id: 'NL-MSP-C00004711-8' },
      cdr_location: {
        ...{ id: `L-${at}`, address: 'Quay 7', city: 'Emden', country: 'DEU', connector_id: '1' },
        ...{ coordinates: { latitude: '53.36611', longitude: '7.20778' }, evse_uid: `E-${at}` },
        ...{ evse_id: `DE*RHK*E${at}`, connector_standard: 'IEC_62196_T2', connector_format: 'SOCKET' },
        connector_power_type: 'AC_3_PHASE',
      },
      ...{ tariffs: '#T', charging_periods: [{ start_date_time: iso(startMs), dimensions: '#D' }] },
      ...{ total_cost: '#C', total_energy: '#K', total_time: '#H', last_updated: iso(startMs), ...more },
    })
      .replace('"#T"', `[${tariff}]`)
      .replace('"#D"', `[{ "type": "ENERGY", "volume": ${kwh} }]`)
      .replace('"#C"', `{ "excl_vat": ${total}, "incl_vat": ${total} }`)
      .replace('"#K"', kwh)
      .replace('"#H"', '0.0');
  };
  const tellCdr = async (text: string): Promise<void> => {
    const told = await ask('receiver/cdrs', 'POST', undefined, text);
    assert.equal(told.json.status_code, 1000, told.text);
  };
  const listed = async (path: string): Promise<readonly Json[]> =>
    (await duke.operate('GET', `/operator/v1/${path}`)).body.items;
  const session = (which: Fresh, what: string, isSo: (row: Json) => boolean) =>
    until(what, async () =>
      (await listed('partner-sessions')).find((row) => row['sessionKey'] === which.id && isSo(row)),
    );
  const unbilled = (which: Fresh) =>
    until('a note', async () => (await listed('partner-unbilled')).find((row) => row['key'] === which.id));
  const atOutlet = ({ at }: Fresh) =>
    [...gateway.sessions.values()].filter(({ evseId }) => evseId === `US*DUK*E${at}*1`);
  const billed = (which: Fresh) => atOutlet(which).map((one) => gateway.signedGainOf(one));
  const settled = (which: Fresh) => session(which, 'a bill and a CDR', (row) => row['differences'] !== null);
  const inboxEmpty = () =>
    until('nothing to be taken', async () => {
      const left = await store.db.selectFrom('inbox').select('seq').execute();
      return left.length === 0;
    });
  return {
    ...{ platform, gateway, authorise, fresh, startOf, tellSession, cdrOf, tellCdr, listed, session },
    ...{ unbilled, atOutlet, billed, settled, inboxEmpty, store },
    /** Shows partners the token as it is now. */
    async showToken(more: Json): Promise<void> {
      const shown = { ...(JSON.parse(own(tokenText)) as Json), last_updated: iso(nowMs()), ...more };
      const { status } = await duke.operate('PUT', '/operator/v1/own/tokens', {
        text: JSON.stringify(shown),
      });
      assert.equal(status, 200);
    },
    pass(ms: number): void {
      shiftMs += ms;
    },
    /** As if nothing were wrong. */
    calm(): void {
      gateway.moods.isAway = false;
      delete gateway.moods.losesAnswers;
      delete gateway.moods.refusesMeter;
      delete gateway.moods.refusesSwipes;
      delete gateway.moods.stopsAtMilliWh;
      platform.heard.length = 0;
      platform.say(() => undefined);
    },
    async close(): Promise<void> {
      gateway.close();
      platform.close();
      await town.close();
    },
  };
};
