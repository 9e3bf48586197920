import { hexOf } from '../cbor/bytes.ts';
import type { CborValue } from '../cbor/cbor.ts';
import { restartIfDue } from '../firmware/restart.ts';
import type { Evidence, Proven } from '../handshake/charger.ts';
import type { Link } from '../link/link.ts';
import type { ChargeToken } from '../token/charge-token.ts';
import { costMicros } from '../token/cost.ts';
import type { TokenUse } from '../token/judge.ts';
import { Neighbourhood, type NeighbourNet } from '../neighbours/neighbourhood.ts';
import type { SharedPort } from '../neighbours/neighbours.ts';
import { siteWords } from '../neighbours/site-words.ts';
import type { Place, PlaceGrant } from '../place/place.ts';
import { besideSealed } from './carried-record.ts';
import { accepted, refused, refusedFor } from './answers.ts';
import type { Kept, OfflineChargerOptions } from './charger-options.ts';
import { serveContact } from './contact-desk.ts';
import { Conversation, type ConversationPort } from './conversation.ts';
import { HeardWords } from './heard-words.ts';
import { loadMemory, saveMemory, type ChargerMemory, type OpenSession } from './memory.ts';
import { openKept } from './open-kept.ts';
import { priceOf, sessionOf, sumOf, tokenOf, UNUSED, useOf } from './open-session.ts';
import type { EndReason, OutletObstacle, SessionBounds, SessionFacts } from './outlet-port.ts';
import type { QuarterReadings } from './quarter-readings.ts';
import { recordOf } from './record.ts';
import { runningWord } from './running-session.ts';
import { sealFor } from './sealed-for.ts';
import { selfDiagnosis } from './self-diagnosis.ts';
import type { SpentTokens } from './spent-tokens.ts';
import type { Vault } from './vault.ts';

/** A cable whose session ended by tap is let go when its record was taken, or after so long. */
const UNLOCK_WAIT_MS = 30_000;

const nameOf = ({ tokenId }: ChargeToken): string => hexOf(tokenId);

/**
 * A charger that hears of nobody but the phone that is held to it. What it has to know survives a cut of power at any write: a session is written down before the
 * contactor closes, its record before it is forgotten, and a token that was used is used.
 */
export class OfflineCharger {
  readonly #options: OfflineChargerOptions;
  readonly #spent: SpentTokens;
  readonly #vault: Vault;
  readonly #readings: QuarterReadings;
  readonly #place: Place;
  readonly #words: HeardWords;
  #near: Neighbourhood | undefined;
  #memory: ChargerMemory;
  /** The last session that ended since the start, until its cable was let go. */
  #ended:
    | { readonly number: number; readonly atMs: number; readonly tokenName: string; readonly said: CborValue }
    | undefined;
  #isLocked = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: OfflineChargerOptions, memory: ChargerMemory, kept: Kept) {
    this.#options = options;
    this.#memory = memory;
    this.#spent = kept.spent;
    this.#vault = kept.vault;
    this.#readings = kept.readings;
    this.#place = kept.place;
    this.#words = new HeardWords(options, kept.place, {
      save: (changes) => this.#save(changes),
      booked: (evseId, numbers) => this.#booked(evseId, numbers),
    });
  }

  /** Starts it: a session that power cut off is ended first. */
  static async start(options: OfflineChargerOptions): Promise<OfflineCharger> {
    const { flash, suite } = options;
    const memory = await loadMemory(flash.memory);
    const charger = new OfflineCharger(options, memory, await openKept(options, memory));
    await charger.#save({ bootCounter: memory.bootCounter + 1 });
    await charger.#words.recall(memory);
    if (options.neighbours !== undefined) charger.#near = await charger.#among(options.neighbours);
    const { open } = memory;
    if (open === undefined) await options.outlet.forget();
    else await charger.#close(open, await options.outlet.recover(await sessionOf(suite, open)));
    return charger;
  }

  get bootCounter(): number {
    return this.#memory.bootCounter;
  }

  /** The session that runs, by its number. */
  get running(): number | undefined {
    return this.#memory.open?.number;
  }

  /** What is due by time: the end of a session, the cable. */
  tick(): Promise<void> {
    return this.#inTurn(async () => {
      const { clock } = this.#options;
      const { open } = this.#memory;
      const nowS = clock.nowS();
      await this.#readings.look();
      if (open !== undefined && nowS !== undefined && nowS >= open.endsS) await this.#end('time');
      const ended = this.#ended;
      if (this.#isLocked && ended !== undefined && clock.uptimeMs - ended.atMs >= UNLOCK_WAIT_MS)
        await this.#unlock();
      if (nowS !== undefined) await this.#spent.forget(nowS);
      const isIdle =
        open === undefined && !this.#isLocked && this.#options.outlet.obstacle() === 'NOT_PLUGGED';
      await restartIfDue(this.#options.firmware, nowS, isIdle);
    });
  }

  /** The session that runs ends by the outlet itself. */
  end(reason: EndReason): Promise<void> {
    return this.#inTurn(() => this.#end(reason));
  }

  /** One thing at a time: two phones by two radios, the clock and the outlet meet here. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #end(reason: EndReason): Promise<void> {
    const { open } = this.#memory;
    if (open === undefined) return;
    const { outlet, suite } = this.#options;
    await this.#close(open, await outlet.end(await sessionOf(suite, open), reason));
  }

  /** One contact, from the phone's first word until it is over; a phone that is taken away ends it. */
  serve(link: Link): Promise<void> {
    const { suite, identity, clock } = this.#options;
    return serveContact(link, {
      ...{ suite, identity, issuers: () => this.#words.issuers },
      uptime: () => ({ bootCounter: this.#memory.bootCounter, monotonicMs: clock.uptimeMs }),
      obey: (proven) => this.#inTurn(() => this.#obey(proven)),
      talk: ({ token }) => {
        const conversation = new Conversation(this.#port(token));
        return (asked) => this.#inTurn(() => conversation.answer(asked));
      },
    });
  }

  /** Answers a neighbour on the local network, until it goes away. */
  serveNeighbour(link: Link): Promise<void> {
    if (this.#near !== undefined) return this.#near.serve(link);
    link.close();
    return Promise.resolve();
  }

  /** Tells neighbours what they lack. @returns those that were heard */
  async tellNeighbours(): Promise<readonly string[]> {
    return (await this.#near?.tell()) ?? [];
  }

  /** Leaves the local network, as when power goes. */
  leaveNeighbours(): void {
    this.#near?.close();
  }

  #among(net: NeighbourNet): Promise<Neighbourhood> {
    const { suite, identity, operator, clock, firstIssuers } = this.#options;
    const { evseId } = identity;
    const uptime = () => ({ bootCounter: this.#memory.bootCounter, monotonicMs: clock.uptimeMs });
    const port: SharedPort = {
      words: () => siteWords(this.#memory, this.#words.versions, firstIssuers),
      ...{ evseId, numbers: () => this.#vault.numbers, record: (number) => this.#vault.get(number) },
      takeWord: (kind, bytes) => this.#words.ofSite(kind, bytes),
      takeReceipt: async (bytes) => (await this.#words.receipt(bytes)).ok,
      useOf: (id) => useOf(id, this.#memory.open, this.#spent.usedOf(id)),
    };
    const side = { suite, identity, operator, uptime, nowS: () => clock.nowS() };
    return Neighbourhood.open(net, side, port, (task) => this.#inTurn(task));
  }

  /** Own sessions, and copies of neighbours'. */
  async #booked(evseId: string, numbers: readonly number[]): Promise<boolean> {
    if (evseId === this.#options.identity.evseId) await this.#vault.booked(numbers);
    else if (this.#near?.has(evseId) === true) await this.#near.copies.booked(evseId, numbers);
    else return false;
    return true;
  }

  /** What a phone that proved itself wants first. */
  #obey({ token, command, evidence }: Proven): Promise<CborValue> {
    switch (command.kind) {
      case 'start':
        return this.#start(token, command.energyWh, evidence);
      case 'stop':
        return this.#stop(token);
      case 'collect':
        return Promise.resolve(accepted());
    }
  }

  async #start(token: ChargeToken, energyWh: bigint, evidence: Evidence): Promise<CborValue> {
    const { clock, outlet } = this.#options;
    const { open, today } = this.#memory;
    // Its answer was lost: the same phone asks again.
    if (open !== undefined && nameOf(tokenOf(open)) === nameOf(token)) return this.#credentials(open);
    const obstacle = open === undefined ? outlet.obstacle() : 'IN_USE';
    if (obstacle !== undefined) return refusedFor(obstacle);
    if (this.#vault.isFull) return refusedFor('VAULT_FULL');
    // A token of one outlet is used at no other.
    const neighbours = token.audience.kind === 'group' ? this.#near : undefined;
    const near = neighbours === undefined ? UNUSED : await neighbours.usedNear(token.tokenId);
    try {
      if (near === undefined) return refusedFor('TOKEN_AT_NEIGHBOUR');
      const usedOf = (id: Uint8Array) => sumOf(this.#spent.usedOf(id), near);
      const granted = await this.#place.judge(token, energyWh, { nowMs: clock.nowMs(), today, usedOf });
      if (!granted.ok) return refused(granted.error.code, granted.error.message);
      return await this.#startAs(token, granted.value, evidence);
    } finally {
      // It is on record by now, or none.
      neighbours?.settled();
    }
  }

  async #startAs(token: ChargeToken, granted: PlaceGrant, evidence: Evidence): Promise<CborValue> {
    const { bounds, ...grant } = granted;
    const session: OpenSession = {
      ...{ number: this.#memory.nextNumber, beganS: this.#options.clock.nowS() ?? 0, ...grant, evidence },
      before: this.#spent.usedOf(token.tokenId),
    };
    // It is on record as begun, with its token, before anything flows.
    await this.#save({ open: session, nextNumber: session.number + 1 });
    const inTheWay = await this.#begin(session, bounds);
    return inTheWay === undefined ? this.#credentials(session) : refusedFor(inTheWay);
  }

  /** A session that nothing flows for is none: its token is as it was. */
  async #begin(session: OpenSession, bounds: SessionBounds): Promise<OutletObstacle | undefined> {
    const { outlet, suite } = this.#options;
    let isBegun = false;
    try {
      const inTheWay = await outlet.begin({ ...(await sessionOf(suite, session)), ...bounds });
      isBegun = inTheWay === undefined;
      // The cable is this session's now: what is due for the one before does not let it go.
      if (isBegun) this.#isLocked = false;
      return inTheWay;
    } finally {
      if (!isBegun) await this.#save({ open: undefined });
    }
  }

  /** What only the phone that started may know. Spec: SECURE-2: charger id, time of day, session time. */
  #credentials({ number, endsS, mostWh, mostMicros }: OpenSession): CborValue {
    const { identity, clock } = this.#options;
    return accepted(identity.evseId, clock.nowS() ?? 0, endsS, number, mostWh, mostMicros);
  }

  async #stop(token: ChargeToken): Promise<CborValue> {
    const nowS = this.#options.clock.nowS();
    if (nowS !== undefined && !(await this.#place.isInSlot(token, nowS)))
      return refused('OUTSIDE_SLOT', 'your time here is over, and your session with it: collect what it was');
    const { open } = this.#memory;
    if (open === undefined)
      return this.#ended?.tokenName === nameOf(token)
        ? this.#ended.said
        : refused('NOTHING_RUNS', 'no session runs here');
    if (nameOf(tokenOf(open)) !== nameOf(token))
      return refused('NOT_YOURS', 'another phone started the session');
    await this.#end('stopped');
    return this.#ended?.said ?? accepted();
  }

  /** How it stands, as far as its outlet does not show it. */
  #standing() {
    const { bootCounter } = this.#memory;
    const { load } = this.#readings;
    return { bootCounter, unbooked: this.#vault.size, load, versions: this.#words.versions };
  }

  /** How the session stands that was started by a token. */
  #running(token: ChargeToken): CborValue | undefined {
    const { clock, outlet } = this.#options;
    const { open } = this.#memory;
    const [flow, nowMs] = [outlet.flowing(), clock.nowMs()];
    if (open === undefined || nameOf(tokenOf(open)) !== nameOf(token)) return undefined;
    if (flow === undefined || nowMs === undefined) return undefined;
    return runningWord(open, flow, nowMs, { profile: this.#place.rules.profile, caps: this.#place.caps });
  }

  #port(token: ChargeToken): ConversationPort {
    const { suite, identity, operator, clock, firmware } = this.#options;
    return {
      ...{ suite, operator, clock, evseId: identity.evseId, firmware: firmware?.update },
      ...{ vault: this.#vault, bootCounter: this.#memory.bootCounter },
      issuersVersion: () => this.#words.issuers.version,
      versions: () => this.#words.versions,
      running: () => this.#running(token),
      carried: async (number) => {
        await this.#vault.carried(number);
        if (this.#isLocked && this.#ended?.number === number) await this.#unlock();
      },
      placeWord: (kind, bytes) => this.#words.ofPlace(kind, bytes),
      copies: this.#near?.copies,
      receipt: async (bytes) => {
        const taken = await this.#words.receipt(bytes);
        if (taken.ok) this.#near?.heard(bytes);
        if (taken.ok) this.#options.neighbours?.changed();
        return taken;
      },
      diagnosed: async () => {
        await this.#readings.look();
        return selfDiagnosis(this.#options, this.#place.rules.queries, this.#standing());
      },
      believe: (list, bytes) => this.#words.believe(list, bytes),
    };
  }

  /** Writes the record of a session, and only then forgets that it runs. */
  async #close(open: OpenSession, facts: SessionFacts): Promise<void> {
    const { suite, operator, identity, clock } = this.#options;
    const token = tokenOf(open);
    const { before } = open;
    const cost = costMicros(priceOf(open), facts.energyWh, BigInt(facts.lastedMs));
    // Power went before anything flowed: there is nothing to pay, and the token is as it was.
    const isNothing = facts.reason === 'power-cut' && facts.energyWh === 0n;
    if (!open.isFree)
      await this.#spend(token, before, isNothing ? undefined : { energyWh: facts.energyWh, cost });
    if (!isNothing) {
      const record = recordOf(identity.evseId, this.#memory.bootCounter, open, facts);
      const beside = besideSealed(identity.evseId, open.number);
      await this.#vault.keep(open.number, await sealFor(suite, operator.readerPoint, record, beside));
    }
    const { today } = this.#memory;
    await this.#save({
      open: undefined,
      today: isNothing ? today : await this.#place.counted(today, token, open.beganS),
    });
    await this.#options.outlet.forget();
    const said = accepted(open.number, facts.energyWh, cost, facts.reason);
    this.#options.neighbours?.changed();
    this.#ended = { number: open.number, atMs: clock.uptimeMs, tokenName: nameOf(token), said };
    this.#isLocked = true;
  }

  async #spend(token: ChargeToken, before: TokenUse, taken: { energyWh: bigint; cost: bigint } | undefined) {
    await this.#spent.started(token, before.sessions + (taken === undefined ? 0 : 1));
    if (taken === undefined || token.limits.sessions === 1) return;
    await this.#spent.took(token.tokenId, before.energyWh + taken.energyWh, before.costMicros + taken.cost);
  }

  async #unlock(): Promise<void> {
    await this.#options.outlet.unlock();
    this.#isLocked = false;
  }

  async #save(changes: Partial<ChargerMemory>): Promise<void> {
    const memory = { ...this.#memory, ...changes };
    await saveMemory(this.#options.flash.memory, memory);
    this.#memory = memory;
  }
}
