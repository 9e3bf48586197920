import canonicalize from 'canonicalize';
import type { BatchHeader, Bill, CloseBody, Evidence, OpenBody } from './api.ts';
import { attempt, check, NOT_A_PARTY, short, type Check } from './check.ts';
import { wholeWh } from './energy.ts';
import { textHash } from '../shared/hash.ts';
import { rootOf } from './merkle.ts';

const sum = (amounts: readonly string[]): bigint => amounts.reduce((total, one) => total + BigInt(one), 0n);

/** The settled text holds exactly this opening, in the one form that is hashed. */
function holds({ settledBody, openBody }: Evidence, close: CloseBody | undefined): Check {
  const claim = 'The settled session holds exactly this opening';
  if (settledBody === undefined || openBody === undefined || close === undefined)
    return check('linked', claim, undefined, NOT_A_PARTY);
  return check(
    'linked',
    claim,
    settledBody === `{"close":${JSON.stringify(close)},"open":${openBody}}`,
    `close of ${close.sessionId}`,
  );
}

async function inBatch({ batch, proof, settledBody }: Evidence): Promise<Check> {
  const claim = 'The settled session is a leaf of its batch (Merkle proof)';
  if (batch === undefined || proof === undefined || settledBody === undefined)
    return check('batch', claim, undefined, NOT_A_PARTY);
  const leaf = await textHash(settledBody);
  const root = await attempt(() => rootOf(leaf, proof));
  return check(
    'batch',
    claim,
    root === batch.merkleRoot,
    `text ${short(leaf)}, leaf ${proof.index + 1} of ${proof.size}, leads to ${short(root)}, root on the ledger ${short(batch.merkleRoot)}`,
  );
}

function numbered({ record, batch, proof, cdr }: Evidence): Check {
  const claim = 'The bill’s number is its place in the lane, so none is missing';
  if (batch === undefined || proof === undefined || cdr === undefined)
    return check('number', claim, undefined, NOT_A_PARTY);
  const number = batch.fromSequence + proof.index;
  return check(
    'number',
    claim,
    batch.batchId === record.batchId &&
      batch.laneId === record.laneId &&
      proof.size === batch.toSequence - batch.fromSequence + 1 &&
      cdr.laneSequence === number,
    `bill number ${cdr.laneSequence}, place ${number} of ${batch.fromSequence} to ${batch.toSequence} in ${batch.laneId}`,
  );
}

/** Bills are derived and carried by nobody: what the ledger has of them is the hash over their sums. */
async function summed(
  { record, batch, batchHeader, cdr }: Evidence,
  bills: readonly Bill[],
): Promise<readonly Check[]> {
  const hashClaim = 'The batch’s sums hash to the ledger’s record';
  const sumClaim = 'The bills of the batch make its sums';
  if (batch === undefined || batchHeader === undefined || cdr === undefined)
    return [
      check('header', hashClaim, undefined, NOT_A_PARTY),
      check('sums', sumClaim, undefined, NOT_A_PARTY),
    ];
  const hash = await textHash(batchHeader);
  const header = JSON.parse(batchHeader) as BatchHeader;
  const total = sum(bills.map(({ totalMicros }) => totalMicros));
  const energyWh = sum(bills.map((bill) => bill.energyWh));
  const shares = (['hun', 'vun', 'infrastructure', 'driver'] as const).every(
    (party) => sum(bills.map((bill) => bill.shares[party])) === BigInt(header.shares[party]),
  );
  const own = bills.filter(({ sessionId }) => sessionId === record.sessionId);
  return [
    check(
      'header',
      hashClaim,
      hash === batch.headerHash && header.batchId === batch.batchId && header.merkleRoot === batch.merkleRoot,
      `computed ${short(hash)}, on the ledger ${short(batch.headerHash)}`,
    ),
    check(
      'sums',
      sumClaim,
      bills.length === batch.toSequence - batch.fromSequence + 1 &&
        own.length === 1 &&
        canonicalize(own[0]) === canonicalize(cdr) &&
        total === BigInt(header.totalMicros) &&
        energyWh === BigInt(header.energyWh) &&
        shares,
      `bills: ${bills.length}, ${energyWh} Wh for ${total} micros; sums: ${header.energyWh} Wh for ${header.totalMicros} micros`,
    ),
  ];
}

/** From the settled session to its batch on the ledger. */
export const batchChecks = async (
  evidence: Evidence,
  close: CloseBody | undefined,
  bills: readonly Bill[],
): Promise<readonly Check[]> => [
  holds(evidence, close),
  await inBatch(evidence),
  numbered(evidence),
  ...(await summed(evidence, bills)),
];

/** The bill against the session that it is for. */
export function billChecks(
  cdr: Bill,
  { quote, sessionId }: OpenBody,
  { endReason, readings, sessionId: closed }: CloseBody,
): readonly Check[] {
  const first = readings[0];
  const last = readings.at(-1);
  const gained = BigInt(last?.registerMilliWh ?? '0') - BigInt(first?.registerMilliWh ?? '0');
  const net = sum(cdr.lines.map(({ amountMicros }) => amountMicros));
  const shares = sum(Object.values(cdr.shares));
  const total = BigInt(cdr.totalMicros);
  const cap = BigInt(quote.capMicros);
  return [
    check(
      'bill',
      'The bill is for this session, by the tariff of its quote',
      cdr.sessionId === sessionId &&
        cdr.cdrId === sessionId &&
        closed === sessionId &&
        cdr.vun === quote.vun &&
        cdr.hun === quote.hun &&
        cdr.tariffId === quote.tariffId &&
        cdr.tariffVersion === quote.tariffVersion &&
        cdr.currency === quote.currency &&
        cdr.endReason === endReason &&
        cdr.startMs === first?.atMs &&
        cdr.endMs === last?.atMs,
      `${cdr.tariffId} version ${cdr.tariffVersion}, ended by ${cdr.endReason}`,
    ),
    check(
      'energy',
      'The billed energy is what the meter counted',
      wholeWh(gained) === BigInt(cdr.energyWh),
      `register ${first?.registerMilliWh ?? '?'} to ${last?.registerMilliWh ?? '?'} mWh, billed ${cdr.energyWh} Wh`,
    ),
    check(
      'lines',
      'The price lines and the tax make the total',
      net === BigInt(cdr.netMicros) && net + BigInt(cdr.taxMicros) === total,
      `lines ${net} + tax ${cdr.taxMicros} = ${total} micros`,
    ),
    check(
      'cap',
      'The total is not above the consented cap',
      total <= cap,
      `${total} of at most ${cap} micros`,
    ),
    check('shares', 'The shares make the total', shares === total, `shares ${shares}, total ${total} micros`),
  ];
}
