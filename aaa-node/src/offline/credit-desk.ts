import { randomBytes } from 'node:crypto';
import {
  CHALLENGE_BYTES,
  hexOf,
  openCreditHead,
  readCreditAck,
  readCreditEntry,
  signCreditAck,
  startOf,
  type CreditHead,
  type CreditMovement,
  type CreditVerifying,
  type IssuerKey,
  type PublicKey,
  type StatedHead,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { tokenIssuersOf, type PhoneCreditTold, type PublicJwk } from '@roamgrid/wire';
import type { Selectable } from 'kysely';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import { billedSince, closedOf, unsaidIn } from './credit-billed.ts';
import { createCreditChains } from './credit-chains.ts';
import { foundFault } from './credit-faults.ts';
import { evidenceOf, judgeCredit, type CreditVerdict } from './credit-judge.ts';
import type { CreditFaultTable, CreditLedgerTable } from './credit-tables.ts';
import type { createTokenIssuer, TokenIssuer } from './own-key.ts';
import { forgottenBeforeMs } from '../store/prune.ts';
import { lockCustomer, phoneOf } from './phones.ts';

interface CreditDeskOptions {
  readonly db: Db;
  readonly registry: Pick<IssuerRegistry, 'issuer'>;
  readonly issuer: ReturnType<typeof createTokenIssuer>;
  readonly utilityId: string;
  readonly nowMs: () => number;
}

/** A ledger is added up in a moment; with more entries the phone makes a new key, which begins a new one. */
const MOST_SEQ = 10_000;
/** Of all keys that a customer had lately. */
const MOST_OF_CUSTOMER = 30_000;
/** Of one customer in 90 days, each with what was found in it: four kinds at most. */
const MOST_LEDGERS = 20;
const MS_PER_S = 1_000;

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
const text = (some: Uint8Array): string => Buffer.from(some).toString('base64url');
const keyOf = ({ x, y }: PublicJwk): PublicKey => ({ x: bytes(x), y: bytes(y) });
const newChallenge = (): string => randomBytes(CHALLENGE_BYTES).toString('hex');

type Ledger = Selectable<CreditLedgerTable>;

const standingOf = ({ challenge, seq }: Ledger) => ({
  challenge: Buffer.from(challenge, 'hex').toString('base64url'),
  seq,
});

const refusalOf = {
  forked: 'OFFLINE_PHONE_COPIED',
  'rolled-back': 'OFFLINE_PHONE_COPIED',
  unsaid: 'OFFLINE_PHONE_COPIED',
  broken: 'OFFLINE_CREDIT_INVALID',
} as const satisfies Record<CreditFaultTable['kind'], string>;

type RefusedAs = (typeof refusalOf)[keyof typeof refusalOf] | 'OFFLINE_CREDIT_FULL';

/** Takes what phones tell of their credit, and says where home stands. */
export const createCreditDesk = ({ db, registry, issuer, utilityId, nowMs }: CreditDeskOptions) => {
  const chains = createCreditChains();

  const homeKeys = async (): Promise<readonly IssuerKey[]> => {
    const own = await registry.issuer(utilityId);
    return own.ok ? tokenIssuersOf(own.entry.utility, nowMs()) : [];
  };

  /** What one customer makes home keep has an end. @throws ServiceError OFFLINE_CREDIT_FULL for a ledger more than there may be */
  const requireLedger = async (trx: Trx, customerId: string, keyPoint: string): Promise<void> => {
    const lately = await trx
      .selectFrom('credit_ledger')
      .select('key_point')
      .where('customer_id', '=', customerId)
      .where('challenged_at_ms', '>=', forgottenBeforeMs(nowMs()))
      .execute();
    if (lately.length >= MOST_LEDGERS && !lately.some(({ key_point }) => key_point === keyPoint))
      throw aaaError(
        'OFFLINE_CREDIT_FULL',
        `your phones had ${MOST_LEDGERS} keys in 90 days, as many as may tell`,
      );
  };

  /** The ledger of a phone's present key, held until the transaction ends. @throws ServiceError OFFLINE_KEY_TAKEN and those of a phone that is unknown or taken back */
  const open = async (trx: Trx, sub: string, phoneId: string) => {
    const customerId = await lockCustomer(trx, sub);
    const phone = await phoneOf(trx, customerId, phoneId);
    if (phone === undefined) throw aaaError('OFFLINE_PHONE_UNKNOWN', 'no phone of yours has this id');
    if (phone.state === 'revoked') throw aaaError('OFFLINE_PHONE_REVOKED', 'its key was taken back');
    const key = keyOf(phone.key);
    const keyPoint = `${phone.key.x}.${phone.key.y}`;
    const { hash } = await startOf(key, NODE_SUITE);
    await requireLedger(trx, customerId, keyPoint);
    await trx
      .insertInto('credit_ledger')
      .values({
        ...{ key_point: keyPoint, customer_id: customerId, phone_id: phoneId, seq: 0, head: hexOf(hash) },
        ...{ challenge: newChallenge(), challenged_at_ms: nowMs(), acks: 0 },
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const ledger = await trx
      .selectFrom('credit_ledger')
      .selectAll()
      .where('key_point', '=', keyPoint)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (ledger.customer_id !== customerId || ledger.phone_id !== phoneId)
      throw aaaError('OFFLINE_KEY_TAKEN', 'the ledger of this key is another phone’s');
    return { key, ledger };
  };

  /** What only home knows: which tokens it gave to whom, and what it said. */
  const faultIn =
    (trx: Trx, { customer_id, phone_id }: Ledger, issuers: readonly IssuerKey[]) =>
    async (movement: CreditMovement): Promise<string | undefined> => {
      if (movement.kind === 'ack') {
        const said = await readCreditAck(movement.ack, { version: 0, madeAtS: 0, issuers }, NODE_SUITE);
        return said.ok ? undefined : said.error.message;
      }
      if (movement.kind !== 'grant') return undefined;
      const token = await trx
        .selectFrom('offline_token')
        .select(['customer_id', 'phone_id', 'currency', 'cost_micros', 'until_ms'])
        .where('token_id', '=', movement.tokenId)
        .executeTakeFirst();
      // One that was over long ago may have been forgotten here since: home says at once that it is over.
      if (token === undefined)
        return movement.expiresS * MS_PER_S < forgottenBeforeMs(nowMs())
          ? undefined
          : 'home gave no token of this id';
      const isSame =
        token.customer_id === customer_id &&
        token.phone_id === phone_id &&
        token.currency === movement.currency &&
        token.cost_micros === movement.micros &&
        token.until_ms === movement.expiresS * MS_PER_S;
      return isSame ? undefined : 'home gave this phone another token under this id';
    };

  const hashAt =
    (trx: Trx, { key_point }: Ledger, key: PublicKey) =>
    async (seq: number): Promise<string | undefined> => {
      if (seq === 0) return hexOf((await startOf(key, NODE_SUITE)).hash);
      const row = await trx
        .selectFrom('credit_entry')
        .select('hash')
        .where('key_point', '=', key_point)
        .where('seq', '=', seq)
        .executeTakeFirst();
      return row?.hash;
    };

  /** Keys come and go, their entries stay for a while. */
  const hasRoom = async (trx: Trx, { customer_id }: Ledger): Promise<boolean> => {
    const { entries } = await trx
      .selectFrom('credit_ledger')
      .select((query) => query.fn.sum<string>('seq').as('entries'))
      .where('customer_id', '=', customer_id)
      .executeTakeFirstOrThrow();
    return Number(entries) <= MOST_OF_CUSTOMER;
  };

  /** Of what was refused nothing is kept, but it was an answer: the next one is to another challenge. */
  const refuse = async (trx: Trx, { key_point }: Ledger, code: RefusedAs, detail: string) => {
    await trx
      .updateTable('credit_ledger')
      .set({ challenge: newChallenge(), challenged_at_ms: nowMs() })
      .where('key_point', '=', key_point)
      .execute();
    return { is: 'refused' as const, code, detail };
  };

  const judge = async (
    trx: Trx,
    ledger: Ledger,
    by: CreditVerifying & { readonly head: CreditHead },
    told: { readonly stated: StatedHead; readonly entries: readonly Uint8Array[] },
  ): Promise<CreditVerdict> => {
    const verdict = await judgeCredit(by.head, told, by, hashAt(trx, ledger, by.key));
    if (verdict.is !== 'taken' || verdict.head.seq !== told.stated.seq) return verdict;
    const unsaid = await unsaidIn(trx, verdict.head.book, ledger.challenged_at_ms);
    return unsaid === undefined ? verdict : { is: 'fault', kind: 'unsaid', detail: unsaid };
  };

  const keep = async (
    trx: Trx,
    { key_point, customer_id, seq, acks }: Ledger,
    { entries, head }: { readonly entries: readonly string[]; readonly head: CreditHead },
  ): Promise<Ledger> => {
    const rows = await Promise.all(
      entries.map(async (entry, at) => {
        const read = await readCreditEntry(bytes(entry), NODE_SUITE);
        if (!read.ok) throw new Error('an entry that was verified is none');
        return { key_point, customer_id, seq: seq + 1 + at, hash: hexOf(read.value.hash), entry };
      }),
    );
    if (rows.length > 0) await trx.insertInto('credit_entry').values(rows).execute();
    return trx
      .updateTable('credit_ledger')
      .set({
        ...{ seq: head.seq, head: hexOf(head.hash), challenge: newChallenge() },
        ...{ challenged_at_ms: nowMs(), acks: Math.max(acks, head.book.acked) + 1 },
      })
      .where('key_point', '=', key_point)
      .returningAll()
      .executeTakeFirstOrThrow();
  };

  const said = async (trx: Trx, { acks, seq }: Ledger, { hash, book }: CreditHead, by: TokenIssuer) =>
    text(
      await signCreditAck(
        {
          ...{ home: utilityId, number: acks, atS: Math.floor(nowMs() / MS_PER_S), seq, head: hash },
          ...(await billedSince(trx, book)),
          closed: await closedOf(trx, book, nowMs()),
        },
        by.signer,
      ),
    );

  const tell = async (
    trx: Trx,
    of: { readonly sub: string; readonly phoneId: string },
    { head: headText, entries }: PhoneCreditTold,
    by: { readonly issuer: TokenIssuer; readonly issuers: readonly IssuerKey[] },
  ) => {
    const { key, ledger } = await open(trx, of.sub, of.phoneId);
    const stated = await openCreditHead(bytes(headText), key, NODE_SUITE);
    if (!stated.ok)
      return refuse(trx, ledger, 'OFFLINE_CREDIT_INVALID', `${stated.error.code}: ${stated.error.message}`);
    if (hexOf(stated.value.challenge) !== ledger.challenge)
      throw aaaError('OFFLINE_CREDIT_STALE', 'it answers an earlier question');
    if (stated.value.seq > MOST_SEQ)
      return refuse(trx, ledger, 'OFFLINE_CREDIT_FULL', `a ledger has ${MOST_SEQ} entries at most`);
    if (!(await hasRoom(trx, ledger)))
      return refuse(
        trx,
        ledger,
        'OFFLINE_CREDIT_FULL',
        `all of your phones have told ${MOST_OF_CUSTOMER} entries`,
      );
    const head = await chains.head(trx, ledger, key);
    const verifying = { suite: NODE_SUITE, key, head, fault: faultIn(trx, ledger, by.issuers) };
    const verdict = await judge(trx, ledger, verifying, {
      stated: stated.value,
      entries: entries.map(bytes),
    });
    if (verdict.is === 'refused') return refuse(trx, ledger, 'OFFLINE_CREDIT_INVALID', verdict.detail);
    if (verdict.is === 'fault') {
      const { kind, detail } = verdict;
      const { key_point, customer_id, phone_id } = ledger;
      const evidence = { head: headText, entries: evidenceOf(verdict, entries) };
      await foundFault(trx, { key_point, customer_id, phone_id, kind, detail, evidence }, nowMs());
      return refuse(trx, ledger, refusalOf[kind], `${kind}: ${detail}`);
    }
    const now = await keep(trx, ledger, { entries, head: verdict.head });
    const ack = await said(trx, now, verdict.head, by.issuer);
    return { is: 'answered' as const, answer: { ack, ...standingOf(now) } };
  };

  return {
    /** Where home stands, and what the phone's next word answers. */
    async standing(sub: string, phoneId: string) {
      const issuers = await homeKeys();
      const ledger = await db.transaction().execute(async (trx) => (await open(trx, sub, phoneId)).ledger);
      const home = issuers.map(({ utilityId: of, kid, key, fromS, untilS }) => ({
        ...{ utilityId: of, kid: text(kid), fromS, untilS },
        key: { kty: 'EC' as const, crv: 'P-256' as const, x: text(key.x), y: text(key.y as Uint8Array) },
      }));
      return { ...standingOf(ledger), home };
    },

    /**
     * Takes what a phone tells. Nothing of it is kept unless all is; what shows that two phones have the key is kept, and the key taken back.
     * @throws ServiceError OFFLINE_PHONE_COPIED, OFFLINE_CREDIT_INVALID, OFFLINE_CREDIT_STALE, OFFLINE_CREDIT_FULL
     */
    async tell(sub: string, phoneId: string, told: PhoneCreditTold) {
      const by = { issuer: await issuer(), issuers: await homeKeys() };
      const done = await db.transaction().execute((trx) => tell(trx, { sub, phoneId }, told, by));
      if (done.is === 'refused') throw aaaError(done.code, done.detail);
      return done.answer;
    },
  };
};
