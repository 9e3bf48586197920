import assert from 'node:assert/strict';
import { syncCredit, type CreditLedger } from '@roamgrid/offline';
import { DECK, MemoryEntries, type GivenToken, type startCredit } from './credit.ts';

/** Paragraph 91 of the source: 6.85 kWh at 0.32 USD a kWh (SECURE-5). */
const WH = 6_850n;
export const COST = 2_192_000n;
/** With less the driver has to go online. */
export const LOW = 1_000_000n;

type Credit = Awaited<ReturnType<typeof startCredit>>;
type Token = Awaited<ReturnType<Awaited<ReturnType<Credit['newPhone']>>['newToken']>>;

/** A phone with a token, which told home so. */
export const beginCredit = async (credit: Credit, given: GivenToken = {}, newPhone = credit.newPhone) => {
  const phone = await newPhone();
  const store = new MemoryEntries();
  const ledger = await phone.ledger(store);
  const token = await phone.newToken(given);
  await ledger.grant(token.bytes, LOW);
  const sync = async (of: CreditLedger = ledger) => {
    const done = await syncCredit(of, phone.home, credit.believing);
    if (!done.ok) throw new Error(done.error.code);
  };
  await sync();
  return { phone, store, ledger, token, sync };
};

/** A session is reserved, and asked for. */
export const started = async (
  ledger: CreditLedger,
  { token }: Token,
  evseId: string = DECK[0],
): Promise<number> => {
  const reserved = await ledger.reserve({ token, evseId, energyWh: WH });
  assert.ok(reserved.ok);
  return reserved.value;
};

/** A session that its charger ended with a word. */
export const charged = async (
  ledger: CreditLedger,
  token: Token,
  number: number,
  evseId: string = DECK[0],
): Promise<void> => {
  const reservation = await started(ledger, token, evseId);
  await ledger.debit(reservation, { number, energyWh: WH, micros: COST });
};
