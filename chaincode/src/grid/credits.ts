import { energyCreditRecord, stateKey, type CreditMove, type EnergyCreditRecord } from '@roamgrid/wire';
import { ensure, zip, type Transaction } from '../context/index.ts';

/** Holdings of energy credits: numbered Wh, each in one of them at any time. */

const put = (tx: Transaction, credit: EnergyCreditRecord): void => {
  tx.put(energyCreditRecord, stateKey.energyCredit(credit.creditId, credit.fromWh), credit, {
    ofItem: true,
  });
};

/** All Wh of a new credit. */
export const putCredit = (tx: Transaction, creditId: string, wh: bigint, holder: string): void => {
  put(tx, { type: 'energyCredit', version: 1, creditId, fromWh: 0n, toWh: wh, holder });
};

/** The holdings that a move takes from, each once, every one the owner's own. */
const takeFrom = async (
  tx: Transaction,
  owner: string,
  parts: CreditMove['parts'],
): Promise<readonly EnergyCreditRecord[]> => {
  const keys = parts.map(({ creditId, holdingFromWh }) => stateKey.energyCredit(creditId, holdingFromWh));
  ensure(new Set(keys).size === keys.length, 'CONFLICT', 'a holding stands twice in the order');
  await tx.prefetch(keys);
  const holdings: EnergyCreditRecord[] = [];
  for (const key of keys) {
    const holding = await tx.get(energyCreditRecord, key);
    ensure(
      holding.holder === owner,
      'FORBIDDEN',
      `${key} is not held by the key that signed: it is ${holding.holder}`,
    );
    holdings.push(holding);
  }
  return holdings;
};

/** Moves Wh from their owner to another key; what is left of each holding stays the owner's. Gives how many moved. */
export const moveWh = async (
  tx: Transaction,
  owner: string,
  { to, parts }: Pick<CreditMove, 'to' | 'parts'>,
): Promise<bigint> => {
  const holdings = await takeFrom(tx, owner, parts);
  let movedWh = 0n;
  for (const [{ fromWh, toWh }, holding] of zip(parts, holdings)) {
    ensure(
      holding.fromWh <= fromWh && fromWh < toWh && toWh <= holding.toWh,
      'INVALID_ARGUMENT',
      `the holding has the Wh from ${holding.fromWh} to ${holding.toWh}, not those from ${fromWh} to ${toWh}`,
    );
    const next = holding.version + 1;
    if (holding.fromWh < fromWh) put(tx, { ...holding, version: next, toWh: fromWh });
    if (toWh < holding.toWh) put(tx, { ...holding, version: 1, fromWh: toWh });
    put(tx, {
      ...holding,
      version: fromWh === holding.fromWh ? next : 1,
      fromWh,
      toWh,
      holder: to,
    });
    movedWh += toWh - fromWh;
  }
  return movedWh;
};
