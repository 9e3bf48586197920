import { isDeepStrictEqual } from 'node:util';
import {
  base64urlOf,
  believeToken,
  bytesOfBase64url,
  CreditLedger,
  readStopped,
  syncCredit,
  type ChargeToken,
  type CreditHome,
  type CreditStore,
  type IssuerList,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { phoneCreditAnswer, phoneCreditFaults, phoneCreditStanding } from '@roamgrid/wire';
import { unwrap } from '@roamgrid/domain';
import { until } from '../../system/until.ts';
import type { CustomerPhone } from '../customer-phone.ts';
import type { OfflineStage } from '../stage.ts';
import type { Wallet } from '../wallet.ts';
import type { Garage } from './garage.ts';
import type { StoryTime } from './story-time.ts';

/** SECURE-5: the credit that a phone keeps underground, and a copy of that phone. */

export interface CreditSeen {
  /** What the phone says is left of 5.00: after one session, after two, after a reload of 10.00, and once both are billed; micros. */
  readonly left: readonly string[];
  /** What it says to a third session, before the reload. */
  readonly third: string;
  readonly billedMicros: string;
  /** The copy at the charger where the phone was. */
  readonly copyThere: string;
  /** The copy at another charger of the place: what each session cost, and what it says to the next. */
  readonly copySpent: readonly string[];
  readonly copyStopped: string;
  /** What home says to the copy, and what operators see of it. */
  readonly copyTold: string;
  readonly fault: string;
  /** Codes of the copy's records, which nobody pays. */
  readonly unpaid: readonly string[];
  /** What the token's customer owes for all that both phones did, micros. */
  readonly owesMicros: string;
}

const [MS_PER_S, MINUTE_MS] = [1_000, 60_000];
const [WH, LOW_MICROS] = [6_850n, 1_000_000n];
const STOP = { kind: 'stop' } as const;

/** Entries as a phone keeps them. */
class Entries implements CreditStore {
  readonly entries: Uint8Array[];

  constructor(entries: readonly Uint8Array[] = []) {
    this.entries = [...entries];
  }

  all(): Promise<readonly Uint8Array[]> {
    return Promise.resolve([...this.entries]);
  }

  add(seq: number, entry: Uint8Array): Promise<boolean> {
    if (seq !== this.entries.length + 1) return Promise.resolve(false);
    this.entries.push(entry);
    return Promise.resolve(true);
  }
}

/** Home as the phone reaches it, and whom it believes for home's word. */
const homeOf = async (phone: CustomerPhone) => {
  const path = `/driver/v1/offline/phones/${phone.phoneId}/credit`;
  const standing = () => phone.ask('GET', path, undefined, phoneCreditStanding);
  const home: CreditHome = {
    standing: async () => {
      const { challenge, seq } = await standing();
      return { challenge: bytesOfBase64url(challenge), seq };
    },
    tell: async ({ head, entries }) => {
      const body = { head: base64urlOf(head), entries: entries.map(base64urlOf) };
      const { ack, challenge, seq } = await phone.ask('POST', path, body, phoneCreditAnswer);
      return { ack: bytesOfBase64url(ack), challenge: bytesOfBase64url(challenge), seq };
    },
  };
  const members: IssuerList = {
    ...{ version: 0, madeAtS: 0 },
    issuers: (await standing()).home.map(({ utilityId, kid, key, fromS, untilS }) => ({
      ...{
        utilityId,
        kid: bytesOfBase64url(kid),
        key: { x: bytesOfBase64url(key.x), y: bytesOfBase64url(key.y) },
        fromS,
        untilS,
      },
      revocationEpoch: 0,
    })),
  };
  return { home, members };
};

export interface CreditInputs {
  readonly stage: OfflineStage;
  readonly time: StoryTime;
  readonly phone: CustomerPhone;
  readonly wallet: Wallet;
  /** Two chargers of one place. */
  readonly garages: readonly [Garage, Garage];
  readonly placeId: string;
  readonly untilMs: number;
}

/** A phone, or its copy, with its own memory of what it spent. */
const holder = async ({ time, phone, garages }: CreditInputs, store: Entries, believing: IssuerList) => {
  const ledger = await CreditLedger.open({
    ...{ suite: NODE_SUITE, store, holder: phone.held.signer, key: phone.held.key },
    nowS: () => Math.floor(time.nowMs() / MS_PER_S),
  });
  const read = async (token: Uint8Array): Promise<ChargeToken> =>
    unwrap(await believeToken(token, believing, NODE_SUITE));
  return {
    ledger,
    left: () => ledger.balance('USD').availableMicros.toString(),
    /** Charges as much as the token is for, or hears why not. @returns what it cost by the charger's word */
    async charge(bought: Uint8Array, at: 0 | 1): Promise<string> {
      const garage = garages[at];
      const reserved = await ledger.reserve({
        ...{ token: await read(bought), evseId: garage.evseId, energyWh: WH },
      });
      if (!reserved.ok) return reserved.error.code;
      await garage.act('plug-in');
      const carried = garage.brings(bought, phone);
      const said = await garage.asks(carried, { kind: 'start', energyWh: WH });
      if (said !== 'ok') {
        await ledger.release(reserved.value);
        return said;
      }
      await time.pass(20 * MINUTE_MS);
      const answer = unwrap(await garage.hold(carried, STOP, (contact) => Promise.resolve(contact.answer)));
      await garage.act('unplug');
      const ended = readStopped(answer);
      if (ended === undefined) throw new Error('the charger does not say what it came to');
      const { number, energyWh, costMicros: micros } = ended;
      await ledger.debit(reserved.value, { number, energyWh, micros });
      return micros.toString();
    },
  };
};

export const liveCredit = async (inputs: CreditInputs): Promise<CreditSeen> => {
  const { stage, time, phone, wallet, garages, placeId, untilMs } = inputs;
  const { home, members } = await homeOf(phone);
  const get = async (energyWh: bigint, costMicros: bigint): Promise<Uint8Array> => {
    const audience = { kind: 'group', groupId: placeId };
    const fromMs = Math.floor(time.nowMs() / MS_PER_S) * MS_PER_S;
    const offer = await wallet.price({
      ...{ audience, fromMs, untilMs, energyWh: energyWh.toString(), sessions: 5 },
    });
    return bytesOfBase64url((await wallet.agree(offer, costMicros)).token.token);
  };
  const store = new Entries();
  const mine = await holder(inputs, store, members);
  const sync = async (of: CreditLedger) => unwrap(await syncCredit(of, home, { members, suite: NODE_SUITE }));
  const token = await get(60_000n, 5_000_000n);
  unwrap(await mine.ledger.grant(token, LOW_MICROS));
  await sync(mine.ledger);
  const copied = new Entries(store.entries);

  // Underground.
  await mine.charge(token, 0);
  const left = [mine.left()];
  await mine.charge(token, 0);
  left.push(mine.left());
  const third = await mine.charge(token, 0);
  const copy = await holder(inputs, copied, members);
  const copyThere = await copy.charge(token, 0);
  const copySpent = [await copy.charge(token, 1), await copy.charge(token, 1)];
  // Its own memory would stop it: who copies a phone has that changed.
  await garages[1].act('plug-in');
  const copyStopped = await garages[1].asks(
    ...([garages[1].brings(token, phone), { kind: 'start', energyWh: WH }] as const),
  );

  // Online again, while the chargers are not.
  const more = await get(60_000n, 10_000_000n);
  unwrap(await mine.ledger.grant(more, LOW_MICROS));
  left.push(mine.left());
  const bring = async (garage: Garage): Promise<readonly string[]> => {
    await garage.bring(await garage.collect(garage.brings(token, phone)));
    return (await garage.keptInTheEnd()).map(({ state, code }) => code ?? state);
  };
  await bring(garages[0]);
  await sync(mine.ledger);
  await until('home knows that both are billed', async () => {
    await sync(mine.ledger);
    return mine.ledger.balance('USD').spentMicros === 0n ? true : undefined;
  });
  left.push(mine.left());
  const unpaid = await bring(garages[1]);
  const copyTold = await sync(copy.ledger).then(
    () => 'nothing',
    (error: unknown) => String(error instanceof Error ? error.message : error).split(':')[0] ?? '',
  );
  const { faults } = await stage.alabama.operator(
    ...([
      'GET',
      `${stage.alabama.aaa.url}/operator/v1/offline/credit-faults`,
      undefined,
      phoneCreditFaults,
    ] as const),
  );
  const own = faults.find(({ phoneId }) => phoneId === phone.phoneId);
  const billed = [...mine.ledger.tokens.values()].reduce((sum, { balances }) => sum + balances.billed, 0n);
  const { means } = await wallet.list();
  return {
    ...{ left, third, billedMicros: billed.toString(), copyThere, copySpent, copyStopped, copyTold, unpaid },
    fault: own?.kind ?? 'none',
    owesMicros: (LIMIT_MICROS - HELD_MICROS - means.leftMicros).toString(),
  };
};

/** Of the customer's account: what may be owed, and what of it is still held for both tokens once two sessions are billed. */
export const LIMIT_MICROS = 20_000_000n;
const HELD_MICROS = 15_000_000n - 4_384_000n;

const RIGHT: CreditSeen = {
  ...{ left: ['2808000', '616000', '10616000', '10616000'], third: 'GO_ONLINE', billedMicros: '4384000' },
  ...{ copyThere: 'TOKEN_OVER_COST', copySpent: ['2192000', '2192000'], copyStopped: 'TOKEN_OVER_COST' },
  ...{ copyTold: 'OFFLINE_PHONE_COPIED', unpaid: ['OVER_EXPOSURE', 'OVER_EXPOSURE'], fault: 'forked' },
  // Both sessions, less 2 % that the driver gets back.
  owesMicros: '4296320',
};

export const isCredit = (seen: CreditSeen): boolean => isDeepStrictEqual(seen, RIGHT);
