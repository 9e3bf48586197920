import { createHash } from 'node:crypto';
import {
  base64urlOf,
  bringFirmware,
  cutImage,
  LinkLost,
  signFirmwareKeys,
  signFirmwareRelease,
  type Carried,
  type FirmwareLoad,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { firmwareKeysAnswer, firmwareRelease } from '@roamgrid/wire';
import { base64, type FirmwareSight } from '../charger-order.ts';
import type { OfflineStage } from '../stage.ts';
import type { RadioOptions } from '../phone-radio.ts';
import { keysOf } from '../underground.ts';
import { Garage } from './garage.ts';
import type { StoryTime } from './story-time.ts';

/** SECURE-10: firmware that its utility publishes, brought in chunks by several phones, and run at night. */

type Running = Pick<FirmwareSight, 'slot' | 'version'>;

export interface FirmwareSeen {
  /** What the gateway says to a release that one of the two signed, and how many chunks it took of the right one. */
  readonly halfSigned: string;
  readonly chunks: number;
  /** Contacts in which phones brought some, those that were lost, and cuts of power meanwhile. */
  readonly contacts: number;
  readonly torn: number;
  readonly boots: number;
  /** Of a phone whose chunks have a bit flipped: how many were taken. */
  readonly badTaken: number;
  /** What the charger says to an older release, and to one of other signers. */
  readonly older: string;
  readonly stranger: string;
  /** What runs once all is there, while the place is used, and at night. */
  readonly evening: Running;
  readonly night: Running;
  /** Whether what runs then is the image, byte by byte. */
  readonly isImage: boolean;
}

export interface FirmwareInputs {
  readonly stage: OfflineStage;
  readonly time: StoryTime;
  readonly folder: string;
  readonly station: Parameters<typeof Garage.setUp>[2];
  /** What each of several phones brings to a contact at the charger. */
  readonly phones: (garage: Garage) => readonly Carried[];
}

const MODEL = 'deck-1';
const [SIZE, CHUNK_BYTES, PER_CONTACT, DAY_S, HOUR_MS] = [20_000, 500, 6, 86_400, 3_600_000];
const COLLECT = { kind: 'collect' } as const;
const [MADE, NEXT] = [4, 5];

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const IMAGE = Uint8Array.from({ length: SIZE }, (_, at) => (at * 131 + (at >> 8) * 17) & 0xff);

/** Who makes the charger: two keys, of which both have to sign. */
const maker = async (nowS: number) => {
  const [one, other, stranger] = [await keysOf(), await keysOf(), await keysOf()];
  const keys = { version: 1, threshold: 2, expiresS: nowS + 90 * DAY_S, keys: [one, other] };
  const named = (version: number) => ({
    ...{ model: MODEL, version, chunkBytes: CHUNK_BYTES, expiresS: nowS + 60 * DAY_S },
  });
  const signed = async (version: number, by: readonly { readonly signer: typeof one.signer }[]) =>
    signFirmwareRelease(
      cutImage(IMAGE, named(version), sha256).release,
      by.map(({ signer }) => signer),
      NODE_SUITE,
    );
  return {
    keys: await signFirmwareKeys(keys, [one.signer, other.signer], NODE_SUITE),
    right: await signed(NEXT, [one, other]),
    half: await signed(NEXT, [one]),
    older: await signed(MADE - 1, [one, other]),
    strange: await signed(NEXT + 1, [stranger, one]),
    cut: cutImage(IMAGE, named(NEXT), sha256),
  };
};

type Made = Awaited<ReturnType<typeof maker>>;

/** The operator publishes it at the gateway. */
const publish = async ({ duke }: OfflineStage, { keys, half, right }: Made) => {
  const url = `${duke.gateway.url}/operator/v1/offline/firmware/${MODEL}`;
  const image = base64urlOf(IMAGE);
  await duke.operator('PUT', `${url}/keys`, { keys: base64urlOf(keys) }, firmwareKeysAnswer);
  const put = (release: Uint8Array) =>
    duke.operator('PUT', `${url}/release`, { release: base64urlOf(release), image }, firmwareRelease);
  const halfSigned = await put(half).then(
    () => 'taken',
    (error: unknown) => /OFFLINE_FIRMWARE_REFUSED/.exec(String(error))?.[0] ?? String(error),
  );
  return { halfSigned, chunks: (await put(right)).chunks };
};

/** What the charger says to a release that a phone offers. */
const offers = async (garage: Garage, phone: Carried, release: Uint8Array): Promise<string> => {
  const met = await garage.hold(phone, COLLECT, (contact) => contact.ask(['firmware-release', release]));
  if (!met.ok) return met.error.code;
  const [, word, code] = met.value;
  return word === 'refused' && typeof code === 'string' ? code : 'taken';
};

const running = ({ slot, version }: FirmwareSight): Running => ({ slot, version });

export const liveFirmware = async (inputs: FirmwareInputs): Promise<FirmwareSeen> => {
  const { stage, time, folder, station } = inputs;
  const made = await maker(Math.floor(time.nowMs() / 1_000));
  const published = await publish(stage, made);
  const garage = await Garage.setUp(stage, time, station, {
    ...{ folder, at: 1 },
    firmware: { model: MODEL, version: MADE, keys: base64(made.keys), imageBytes: SIZE },
  });
  try {
    await garage.words();
    const phones = inputs.phones(garage);
    const phone = (at: number): Carried => phones[at % phones.length] ?? off();
    const older = await offers(garage, phone(0), made.older);
    const stranger = await offers(garage, phone(1), made.strange);
    const load: FirmwareLoad = {
      ...{ model: MODEL, version: NEXT, release: made.right, keys: [] },
      chunk: (index) => made.cut.chunk(index),
    };
    const bad: FirmwareLoad = {
      ...load,
      chunk: (index) => {
        const { bytes, ...rest } = made.cut.chunk(index);
        return { ...rest, bytes: bytes.with(9, (bytes[9] ?? 0) ^ 1) };
      },
    };
    const bring = (what: FirmwareLoad, by: number, radio?: RadioOptions) =>
      garage.hold(phone(by), COLLECT, (contact) => bringFirmware(contact, what, PER_CONTACT), radio);
    const spoiled = await bring(bad, 2);
    const badTaken = spoiled.ok ? spoiled.value : -1;
    let [contacts, torn] = [0, 0];
    for (let isWhole = false; !isWhole; contacts += 1) {
      // Every third phone is taken away in the middle; power goes once.
      const radio = contacts % 3 === 1 ? { tornAfter: 25 } : {};
      const taken = await bring(load, contacts, radio).catch((error: unknown) => {
        if (!(error instanceof LinkLost)) throw error;
        torn += 1;
        return undefined;
      });
      if (contacts === 4) await garage.powerAgain();
      isWhole = taken?.ok === true && taken.value === 0;
    }
    await time.pass(1_000);
    const evening = firmwareOf(await garage.act('look'));
    const dayMs = DAY_S * 1_000;
    await time.passUntil(Math.ceil(time.nowMs() / dayMs) * dayMs + 2 * HOUR_MS);
    const due = firmwareOf(await garage.act('look'));
    if (due.isRestarting) await garage.powerAgain();
    const sight = await garage.act('look');
    const night = firmwareOf(sight);
    return {
      ...{ ...published, contacts, torn, boots: sight.bootCounter, badTaken, older, stranger },
      ...{ evening: running(evening), night: running(night) },
      isImage: night.sha256 === Buffer.from(sha256(IMAGE)).toString('hex'),
    };
  } finally {
    await garage.close();
  }
};

const off = (): never => {
  throw new Error('there is no phone');
};

const firmwareOf = ({ firmware }: Awaited<ReturnType<Garage['act']>>): FirmwareSight => {
  if (firmware === undefined) throw new Error('the charger takes no firmware');
  return firmware;
};

export const isFirmware = ({ contacts, torn, ...said }: FirmwareSeen): boolean =>
  contacts >= 8 &&
  contacts < 60 &&
  torn >= 2 &&
  torn < 20 &&
  JSON.stringify(said) ===
    JSON.stringify({
      ...{ halfSigned: 'OFFLINE_FIRMWARE_REFUSED', chunks: SIZE / CHUNK_BYTES, boots: 3, badTaken: 0 },
      ...{ older: 'FIRMWARE_OLDER', stranger: 'FIRMWARE_NOT_ENDORSED' },
      ...{ evening: { slot: 0, version: MADE }, night: { slot: 1, version: NEXT }, isImage: true },
    });
