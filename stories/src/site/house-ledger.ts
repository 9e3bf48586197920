import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { privateJwk } from '@roamgrid/service-kit/runtime';
import {
  auditedEnergyCredits,
  auditedHouseBatches,
  bodyHash,
  canonicalText,
  creditHolder,
  creditMove,
  DOCUMENT_TYPE,
  hashTree,
  houseBody,
  houseEntry,
  operatorReceipt,
  sealBody,
  sealHouseBatch,
  signDocument,
  signOcmf,
  type HouseBody,
  type MeteredFlow,
} from '@roamgrid/wire';
import type { Check } from '../scenario/check.ts';
import { AskFailed, type Ask } from '../system/ask.ts';

/** A house on the ledger as its two utilities see it, and cars that pass on what they gave it: rows of PANEL-10 and PANEL-14. */

/** A utility's gateway, and who asks it. */
export interface LedgerDoor {
  readonly url: string;
  readonly aaa: Ask;
  readonly auditor: Ask;
}

export interface HousePair {
  readonly agreementId: string;
  readonly vun: string;
  readonly hun: string;
}

const DAY_MS = 86_400_000;
const newSalt = (): string => randomBytes(32).toString('hex');
const makeKey = (kid: string) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateJwk.parse({ ...privateKey.export({ format: 'jwk' }), kid });
  const { d: _secret, ...jwk } = key;
  return { privateKey, key, jwk };
};

const tell = (ask: Ask, url: string, verb: string, command: object, transient: object = {}) =>
  ask('POST', `${url}/operator/v1/commands/grid/${verb}`, { command, transient }, operatorReceipt);

/** Registers a house at its home utility; what a controller's configuration says of it (`house`). */
export const registerHouse = async (
  { url, aaa }: LedgerDoor,
  pair: HousePair,
  meters: HouseBody['meters'] = [],
) => {
  const panel = makeKey('panel-1');
  const body = { houseRef: newSalt(), meters, salt: newSalt() };
  const sealed = sealBody(houseBody, body);
  const untilMs = Date.now() + 30 * DAY_MS;
  const { houseRef } = body;
  await tell(
    aaa,
    url,
    'registerHouse',
    {
      ...{ commandId: `house-${houseRef.slice(0, 24)}`, ...pair, houseRef, untilMs },
      ...{ panelKeys: [panel.jwk], bodyHash: sealed.hash },
    },
    { house: JSON.parse(sealed.text) as unknown },
  );
  return { ...pair, body, fromMs: Date.now(), untilMs, panelKey: panel.key, batterySecret: newSalt() };
};

/** Batches that both utilities read whole, each after the one before, with what is looked for among their events. */
export const houseRow = async (
  doors: readonly LedgerDoor[],
  houseRef: string,
  eventCode: string,
): Promise<Check> => {
  const seen = await Promise.all(
    doors.map(async ({ url, auditor }) => {
      const at = `${url}/auditor/v1/houses/${houseRef}/batches`;
      const { items } = await auditor('GET', at, undefined, auditedHouseBatches);
      const isChained = items.every(
        ({ record }, index) =>
          record.number === index + 1 && record.previousHash === items[index - 1]?.record.headerHash,
      );
      const events = items
        .flatMap(({ entries = [] }) => entries)
        .filter((entry) => entry.kind === 'event' && entry.code === eventCode);
      return { batches: items.length, isChained, events: events.length };
    }),
  );
  const ok = seen.every(({ batches, isChained, events }) => batches > 0 && isChained && events > 0);
  return { row: 'PANEL-10', ok, seen: JSON.stringify(seen) };
};

const METER = { meterId: 'car-1', evseId: 'US*ALP*EHOUSE*1' };

/** What a car gave a house in a second, by its meter. */
const givenBy = (
  meter: ReturnType<typeof makeKey>,
  atMs: number,
  wh: bigint,
  creditTo: string,
): MeteredFlow => {
  const untilMs = atMs + 1_000;
  const [from, to] = [1_000_000n, 1_000_000n + wh * 1_000n];
  const ocmf = signOcmf(
    {
      gateway: { model: 'house', serial: METER.meterId, version: '1' },
      meter: { vendor: 'house', model: 'house', serial: METER.meterId, firmware: '1' },
      ...{ page: 1, evseId: METER.evseId, sessionId: 'given-1' },
      readings: [
        { atMs, sync: 'S', transaction: 'B', registerMilliWh: from },
        { atMs: untilMs, sync: 'S', transaction: 'E', registerMilliWh: to },
      ],
    },
    meter.privateKey,
  );
  const signed = { fromMs: atMs, toMs: untilMs, fromRegisterMilliWh: from, toRegisterMilliWh: to, ocmf };
  return {
    ...{
      kind: 'flow',
      atMs,
      untilMs,
      meterRef: 'car',
      of: 'ev',
      counts: 'in',
      energyWh: wh,
      signed,
      creditTo,
    },
    salt: newSalt(),
  };
};

/** A car gives a house 5 kWh, which are its credit; 2 kWh of it go to another car once, and the sum stays. */
export const creditRow = async (
  home: LedgerDoor,
  visited: LedgerDoor,
  pair: HousePair,
  channel: string,
): Promise<Check> => {
  const [meter, carA, carB] = [makeKey('meter'), makeKey('car-a'), makeKey('car-b')];
  const meters: HouseBody['meters'] = [
    { meterRef: 'car', of: 'ev', counts: 'in', ...METER, publicKey: meter.jwk },
  ];
  const house = await registerHouse(home, pair, meters);
  const { fromMs, body, panelKey } = house;
  const flow = givenBy(meter, fromMs, 5_000n, creditHolder(carA.jwk));
  const batch = await sealHouseBatch(
    {
      ...{ ...pair, houseRef: body.houseRef, number: 1, fromMs, untilMs: fromMs + 2_000, body },
      ...{ entries: [flow], salt: newSalt() },
    },
    { kid: panelKey.kid, key: panelKey },
  );
  await tell(visited.aaa, visited.url, 'recordHouse', batch.command, batch.transient);
  const text = canonicalText(houseEntry, flow);
  const creditId = bodyHash(flow.signed?.ocmf ?? '');
  const name = creditId.slice(0, 24);
  await tell(
    home.aaa,
    home.url,
    'grantCredit',
    {
      ...{ commandId: `credit-${name}`, ...pair, houseRef: body.houseRef, number: 1, creditId },
      ...{ wh: '5000', holder: creditHolder(carA.jwk) },
    },
    { entry: JSON.parse(text) as unknown, path: hashTree([bodyHash(text)]).pathTo(0) },
  );
  const order = await signDocument(
    creditMove,
    DOCUMENT_TYPE.creditMove,
    {
      ...{ moveId: `move-${name}`, channel, to: creditHolder(carB.jwk), validUntilMs: Date.now() + DAY_MS },
      parts: [{ creditId, holdingFromWh: 0n, fromWh: 0n, toWh: 2_000n }],
    },
    { kid: 'car-a', key: carA.key },
  );
  const move = (commandId: string) =>
    tell(visited.aaa, visited.url, 'moveCredit', { commandId, order, key: carA.jwk });
  await move(`move-${name}`);
  const again = await move(`again-${name}`).then(
    () => 'moved again',
    (thrown: unknown) => {
      if (!(thrown instanceof AskFailed)) throw thrown;
      return 'refused';
    },
  );
  const heldBy = async (car: typeof carA): Promise<bigint> => {
    const at = `${visited.url}/auditor/v1/energy-credits?holder=${creditHolder(car.jwk)}`;
    const { items } = await visited.auditor('GET', at, undefined, auditedEnergyCredits);
    return items.reduce((sum, { fromWh, toWh }) => sum + toWh - fromWh, 0n);
  };
  const [a, b] = [await heldBy(carA), await heldBy(carB)];
  const ok = a === 3_000n && b === 2_000n && again === 'refused';
  return { row: 'PANEL-14', ok, seen: `${a} Wh and ${b} Wh, told again: ${again}` };
};
