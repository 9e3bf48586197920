import { createHash } from 'node:crypto';
import {
  cutImage,
  keptFirmwareKeys,
  keptRelease,
  takeFirmwareKeys,
  takeRelease,
  type FirmwareChunk,
  type FirmwareKeys,
  type FirmwareRelease,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { FIRMWARE_BYTES, type ShownFirmware } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { gatewayError } from '../../problems.ts';
import type { GatewayDb } from '../../store/schema.ts';

export interface FirmwareContext {
  readonly db: Kysely<GatewayDb>;
  readonly nowMs: () => number;
}

/** Images that are kept cut in memory: phones ask for those of a few models. */
const MOST_CUT = 2;
const MS_PER_S = 1_000;

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);

const refused = ({ code, message }: { readonly code: string; readonly message: string }) =>
  gatewayError('OFFLINE_FIRMWARE_REFUSED', `${code}: ${message}`);

const unknown = (message: string) => gatewayError('OFFLINE_FIRMWARE_UNKNOWN', message);

/** The first keys stand for themselves: enough of them have to have signed. */
const firstOf = (text: string): FirmwareKeys => {
  try {
    const first = keptFirmwareKeys(bytesOf(text));
    return { ...first, version: first.version - 1 };
  } catch {
    throw refused({ code: 'FIRMWARE_MALFORMED', message: 'it is no set of keys' });
  }
};

interface CutRelease {
  readonly release: FirmwareRelease;
  chunk(index: number): FirmwareChunk;
}

/** Firmware of own chargers, by their models: what its makers signed, kept for phones to carry. */
export class FirmwareShelf {
  readonly #context: FirmwareContext;
  readonly #cut = new Map<string, CutRelease>();

  constructor(context: FirmwareContext) {
    this.#context = context;
  }

  async #keys(model: string) {
    const rows = await this.#context.db
      .selectFrom('firmware_keys')
      .selectAll()
      .where('model', '=', model)
      .orderBy('version')
      .execute();
    return rows.map((row) => ({ version: Number(row.version), keys: row.keys }));
  }

  #release(model: string) {
    return this.#context.db
      .selectFrom('firmware_release')
      .selectAll()
      .where('model', '=', model)
      .executeTakeFirst();
  }

  /**
   * Takes who may release firmware of a model: the first as an operator says, who knows what chargers were made with, and each after it as chargers
   * do. The same again changes nothing.
   * @throws ServiceError OFFLINE_FIRMWARE_REFUSED
   */
  async putKeys(model: string, text: string): Promise<number> {
    const known = await this.#keys(model);
    const same = known.find(({ keys }) => keys === text);
    if (same !== undefined) return same.version;
    const last = known.at(-1);
    const before: FirmwareKeys | undefined = last && keptFirmwareKeys(bytesOf(last.keys));
    const taken = await takeFirmwareKeys(bytesOf(text), before ?? firstOf(text), NODE_SUITE);
    if (!taken.ok) throw refused(taken.error);
    const { version } = taken.value;
    await this.#context.db
      .insertInto('firmware_keys')
      .values({ model, version: BigInt(version), keys: text })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return version;
  }

  /**
   * Publishes a release, when chargers that have the latest keys would take it and the image is what was signed. The same again changes nothing.
   * @throws ServiceError OFFLINE_FIRMWARE_REFUSED
   */
  async publish(model: string, release: string, image: Uint8Array): Promise<ShownFirmware> {
    const [last] = (await this.#keys(model)).slice(-1);
    if (last === undefined)
      throw refused({ code: 'FIRMWARE_NOT_ENDORSED', message: 'say who may release it first' });
    const has = await this.#release(model);
    if (has?.release !== release) {
      const taken = await takeRelease(
        bytesOf(release),
        {
          ...{ model, keys: keptFirmwareKeys(bytesOf(last.keys)), atLeast: Number(has?.version ?? 0n) },
          ...{ failed: [], slotBytes: FIRMWARE_BYTES, nowS: this.#nowS() },
        },
        NODE_SUITE,
      );
      if (!taken.ok) throw refused(taken.error);
      const cut = cutImage(image, taken.value, sha256);
      if (!isSame(cut.release.root, taken.value.root) || !isSame(cut.release.sha256, taken.value.sha256))
        throw refused({ code: 'FIRMWARE_BAD_CHUNK', message: 'the image is not the one that was signed' });
      const row = { version: BigInt(taken.value.version), release, image };
      // A later one that came meanwhile stays.
      await this.#context.db
        .insertInto('firmware_release')
        .values({ model, ...row })
        .onConflict((conflict) =>
          conflict.column('model').doUpdateSet(row).where('firmware_release.version', '<', row.version),
        )
        .execute();
    }
    return this.latest(model);
  }

  #nowS(): number {
    return Math.floor(this.#context.nowMs() / MS_PER_S);
  }

  /** Cut as it was when it was published. */
  async #cutOf(model: string): Promise<CutRelease & { readonly text: string }> {
    const version = await this.#context.db
      .selectFrom('firmware_release')
      .select(['version', 'release'])
      .where('model', '=', model)
      .executeTakeFirst();
    if (version === undefined) throw unknown(`no firmware of ${model} was published`);
    const name = `${model}@${version.version}`;
    const known = this.#cut.get(name) ?? (await this.#cutAnew(model, version.release));
    this.#cut.delete(name);
    this.#cut.set(name, known);
    const [oldest] = this.#cut.keys();
    if (this.#cut.size > MOST_CUT && oldest !== undefined) this.#cut.delete(oldest);
    return { ...known, text: version.release };
  }

  async #cutAnew(model: string, release: string): Promise<CutRelease> {
    const row = await this.#release(model);
    if (row?.release !== release) throw unknown(`a later release of ${model} has just come`);
    return cutImage(new Uint8Array(row.image), keptRelease(bytesOf(release)), sha256);
  }

  /** @throws ServiceError OFFLINE_FIRMWARE_UNKNOWN */
  async latest(model: string): Promise<ShownFirmware> {
    const { release, text } = await this.#cutOf(model);
    const { version, sizeBytes, chunkBytes, expiresS } = release;
    if (this.#nowS() >= expiresS) throw unknown(`version ${version} of ${model} is out of date`);
    return {
      ...{ model, version, release: text, sizeBytes, chunkBytes, keys: await this.#keys(model) },
      chunks: Math.ceil(sizeBytes / chunkBytes),
    };
  }

  /** @throws ServiceError OFFLINE_FIRMWARE_UNKNOWN for another version than the latest, and for places behind its end */
  async chunks(model: string, version: number, from: number, count: number) {
    const { release, chunk } = await this.#cutOf(model);
    const all = Math.ceil(release.sizeBytes / release.chunkBytes);
    if (release.version !== version || from >= all)
      throw unknown(`version ${release.version} is the latest of ${model}, in ${all} chunks`);
    return Array.from({ length: Math.min(count, all - from) }, (_, at) => {
      const { index, bytes, path } = chunk(from + at);
      return { index, bytes: textOf(bytes), path: path.map(textOf) };
    });
  }

  /** The latest release when it is later than what a charger said that it has. */
  async laterThan(
    model: string,
    installedVersion: number,
  ): Promise<{ readonly model: string; readonly version: number } | undefined> {
    const row = await this.#context.db
      .selectFrom('firmware_release')
      .select('version')
      .where('model', '=', model)
      .executeTakeFirst();
    const version = Number(row?.version ?? 0n);
    return version > installedVersion ? { model, version } : undefined;
  }
}
