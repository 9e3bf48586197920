import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@roamgrid/domain';
import {
  afterByTimer,
  ChargerClock,
  Contact,
  issueChargeToken,
  Link,
  OfflineCharger,
  signIssuerList,
  type Carried,
  type ChargeToken,
  type Command,
} from '@roamgrid/offline';
import {
  Air,
  certified,
  CutFlash,
  HOME,
  MEMBERS,
  newKeys,
  NOW_S,
  Power,
  short,
  SimulatedOutlet,
  SimulatedTime,
  TOKEN,
  VISITED,
} from '@roamgrid/offline/testing';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { serveNeighbours, type ServedNeighbours } from './neighbour-net.ts';

const PACE = { againMs: 60, tries: 40 };
const AIR = { frameBytes: 244, chance: () => 0.5 };

/** One of a row of chargers, with its own key, outlet and memory. */
interface InRow {
  readonly evseId: string;
  readonly keys: ReturnType<typeof newKeys>;
  readonly outlet: SimulatedOutlet;
  readonly flash: Record<'memory' | 'spent' | 'vault' | 'readings', CutFlash>;
  /** Where its neighbours answer, as far as they do. */
  addresses: Map<string, string>;
  charger?: OfflineCharger;
  served?: ServedNeighbours;
}

/** Chargers of one utility side by side, on a local network of real sockets, and phones that come to one of them. */
export class Row {
  readonly reader;
  readonly all: readonly InRow[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'row-'));
  readonly #time = new SimulatedTime();
  readonly #links: { readonly between: readonly number[]; readonly link: Link }[] = [];
  /** Who hears nobody and is heard by nobody. */
  readonly apart = new Set<number>();

  private constructor(count: number, reader: Awaited<ReturnType<typeof NODE_SUITE.newAgreement>>) {
    this.reader = reader;
    this.all = Array.from({ length: count }, (_, at) => {
      const power = new Power();
      return {
        ...{ evseId: `US*DUK*EROW*${at + 1}`, keys: newKeys(), outlet: new SimulatedOutlet() },
        addresses: new Map(),
        flash: {
          ...{ memory: new CutFlash(power), spent: new CutFlash(power) },
          ...{ vault: new CutFlash(power), readings: new CutFlash(power) },
        },
      };
    });
  }

  static async open(count: number, capacity?: number): Promise<Row> {
    const row = new Row(count, await NODE_SUITE.newAgreement());
    for (const at of row.all.keys()) await row.start(at, capacity);
    return row;
  }

  one(at: number): InRow {
    return this.all[at] ?? this.#none();
  }

  charger(at: number): OfflineCharger {
    return this.one(at).charger ?? this.#none();
  }

  #none(): never {
    throw new Error('there is no such charger, or it has no power');
  }

  /** Power comes (back). */
  async start(at: number, capacity?: number, certificate?: Uint8Array): Promise<void> {
    const one = this.one(at);
    const others = this.all.filter((other) => other !== one);
    const neighbours = new Map(others.map(({ evseId, served }) => [evseId, served?.url ?? '']));
    const folder = join(this.#folder, String(at));
    const served = await serveNeighbours({ neighbours, folder, everyMs: 100 });
    for (const other of others) other.addresses.set(one.evseId, served.url);
    one.addresses = neighbours;
    const { net } = served;
    const startedMs = Date.now();
    one.charger = await OfflineCharger.start({
      suite: NODE_SUITE,
      identity: {
        ...{ evseId: one.evseId, signer: one.keys.signer },
        certificate: certificate ?? (await certified({ evseId: one.evseId, key: one.keys.key })),
      },
      groupIds: ['CITY-HALL'],
      operator: { kid: VISITED.kid, key: VISITED.key, readerPoint: this.reader.point },
      firstIssuers: await signIssuerList(MEMBERS, VISITED.signer),
      clock: new ChargerClock(() => Date.now() - startedMs, NOW_S),
      ...{ outlet: one.outlet, flash: one.flash },
      neighbours: {
        ...net,
        ...(capacity !== undefined && { capacity }),
        dial: async (evseId) => {
          const link = await net.dial(evseId);
          const between = [at, this.all.findIndex((other) => other.evseId === evseId)];
          if (between.some((end) => this.apart.has(end))) link.close();
          this.#links.push({ between, link });
          return link;
        },
      },
    });
    one.served = served;
    served.join(one.charger);
  }

  /** From now on these neither hear nor are heard: what was open between them breaks. */
  part(...whom: readonly number[]): void {
    for (const at of whom) this.apart.add(at);
    for (const { between, link } of this.#links) if (between.some((end) => this.apart.has(end))) link.close();
  }

  /** Power goes. */
  async cut(at: number): Promise<void> {
    const { served } = this.one(at);
    delete this.one(at).charger;
    delete this.one(at).served;
    await served?.close();
  }

  async close(): Promise<void> {
    for (const at of this.all.keys()) await this.cut(at);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A phone with a token of the place. */
  async phone(changes: Partial<ChargeToken> = {}): Promise<Omit<Carried, 'evseId'>> {
    const holder = newKeys();
    const token = {
      ...{ ...TOKEN, tokenId: NODE_SUITE.random(16), holder: short(holder.key) },
      ...{ audience: { kind: 'group', groupId: 'CITY-HALL' } as const, ...changes },
    };
    return {
      ...{ suite: NODE_SUITE, token: await issueChargeToken(token, HOME.signer), holder: holder.signer },
      ...{ members: MEMBERS, nowS: NOW_S },
    };
  }

  /** It is held to one of them. @throws with the code by which that refuses */
  async meet<T>(
    at: number,
    phone: Omit<Carried, 'evseId'>,
    command: Command,
    then: (contact: Contact) => Promise<T>,
  ): Promise<T> {
    const time = this.#time;
    const way = new Air({ ...AIR, time });
    const [near, far] = [way.side(0), way.side(1)].map((side) => new Link(side, time.after, PACE));
    if (near === undefined || far === undefined) return this.#none();
    const serving = this.charger(at).serve(far);
    const talking = (async () => {
      try {
        const met = await Contact.begin(near, { ...phone, evseId: this.one(at).evseId }, command);
        return await then(unwrap(met));
      } finally {
        near.close();
        way.cut();
      }
    })();
    return time.until(
      Promise.allSettled([talking, serving]).then(([said]) => {
        if (said.status === 'fulfilled') return said.value;
        throw said.reason;
      }),
    );
  }

  /** The code by which it refuses, or `ok`. */
  async asks(at: number, phone: Omit<Carried, 'evseId'>, command: Command): Promise<string> {
    try {
      await this.meet(at, phone, command, (contact) => contact.end());
      return 'ok';
    } catch (error) {
      const said = error instanceof Error ? error.message : '';
      return /^[A-Z_]+(?=:)/.exec(said)?.[0] ?? said;
    }
  }

  /** A driver charges there, from start to stop. */
  async session(at: number, phone: Omit<Carried, 'evseId'>, wh: bigint): Promise<void> {
    await this.meet(at, phone, { kind: 'start', energyWh: wh }, (contact) => contact.end());
    this.one(at).outlet.flow(wh);
    await this.meet(at, phone, { kind: 'stop' }, (contact) => contact.end());
  }

  /** Until something is so. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 400; tries += 1) {
      if (await isSo()) return;
      await new Promise<void>((resolve) => void afterByTimer(10, resolve));
    }
    throw new Error(`it did not happen that ${what}`);
  }
}
