import { fromHex, hexOf, utf8 } from '../bytes.ts';
import { hold } from '../failure.ts';
import { canonical, parseCanonical, type Json } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { recordOf, type Record } from '../rating/record.ts';
import { amount, exactly, list, text, whole } from '../shape.ts';
import { keysAt } from '../signature.ts';
import { leadsTo, type Way } from '../tree.ts';
import { requireMetered } from './meter.ts';
import { nameOf, numbersOf } from './numbers.ts';
import { requireOfflineEnd } from './offline.ts';
import { requireOpening, SKEW_MS, type Ground } from './opening.ts';
import type { Batch, Commitment, DemandChunk } from './records.ts';
import type { Settled } from './settled.ts';
import { readShares, type Shares } from './terms.ts';
import type { Token } from './token.ts';

/** One settled session, by the records that counted when it was settled. */

export interface SessionGround extends Ground {
  readonly opening: Commitment;
  readonly batch: Batch;
  readonly chunks: readonly DemandChunk[];
  /** Time of the settlement's transaction. */
  readonly settledAtMs: number;
  readonly claim: KnownClaim;
}

/**
 * What is known of a claim of the session's end: when this very one was claimed; or `read`, that the settlement read claims,
 * because the way from an end to its claim stands in no block and no body. Only the visited utility has it.
 */
export type KnownClaim = { readonly atMs: number } | 'read' | undefined;

export const hashOf = ({ sha256 }: Primitives, value: string): string => hexOf(sha256(utf8(value)));

/** Where something lies under a root. @throws Unreadable */
export const readWay = (value: Json | undefined, what: string, more: readonly string[] = []): Way => {
  const { index, size, path } = exactly(value, what, ['index', 'path', 'size', ...more]);
  return {
    index: whole(index, what),
    size: whole(size, what),
    path: list(path, what).map((each) => fromHex(text(each, what))),
  };
};

const entry = (primitives: Primitives, value: string): Uint8Array => primitives.sha256(utf8(value));

/** That the session's opening was on the ledger under its own number. */
const requireCommitted = (
  primitives: Primitives,
  { open, openText }: Settled,
  { opening, agreement, terms }: SessionGround,
  way: Way,
): void => {
  const { laneId, number } = nameOf(open.sessionId);
  const numbers = numbersOf(opening.first, opening.bits);
  hold(
    opening.laneId === laneId && opening.agreementId === agreement.agreementId,
    'the opening is of another lane or agreement',
  );
  hold(
    numbers.length === opening.count && way.size === opening.count && numbers[way.index] === number,
    'the session is not the number of the opening that it says',
  );
  hold(
    leadsTo(primitives, entry(primitives, openText), way, fromHex(opening.root)),
    'the open body is not under the opening’s root',
  );
  hold(
    open.openedAtMs <= opening.atMs + SKEW_MS && opening.atMs - terms.cdrBoundMs <= open.openedAtMs,
    'the session was not opened when its opening says',
  );
};

/** When an end was claimed, by the claim that the settlement read. @throws Failed */
export const claimedAt = (
  primitives: Primitives,
  settledText: string,
  { laneId, number }: ReturnType<typeof nameOf>,
  claim: Commitment,
  way: Way,
): number => {
  const numbers = numbersOf(claim.first, claim.bits);
  hold(
    claim.laneId === laneId &&
      numbers.length === claim.count &&
      way.size === claim.count &&
      numbers[way.index] === number,
    'the claim is of other sessions',
  );
  hold(
    leadsTo(primitives, entry(primitives, settledText), way, fromHex(claim.root)),
    'the end is not under the claim’s root',
  );
  return claim.atMs;
};

const requireTimes = ({ open }: Settled, ground: SessionGround, { startMs, endMs }: Record): void => {
  const { settledAtMs, terms, claim } = ground;
  const untilMs = endMs + terms.cdrBoundMs;
  hold(
    startMs < endMs && endMs <= settledAtMs + SKEW_MS,
    'charging ended before it began, or after its settlement',
  );
  hold(startMs >= open.openedAtMs - SKEW_MS, 'metering began before the session opened');
  hold(
    settledAtMs <= untilMs || claim === 'read' || (claim !== undefined && claim.atMs <= untilMs),
    'the session was settled later than agreed, and nobody had claimed it',
  );
};

export interface VerifiedSession {
  readonly record: Record;
  /** By which it began, at a charger without network. */
  readonly token: Token | undefined;
}

/**
 * Everything that was signed, measured and agreed for one session; gives its charge detail record.
 * @param opened the way from the open body to the opening
 * @throws Failed, Unreadable
 */
export const verifySession = async (
  primitives: Primitives,
  settled: Settled,
  ground: SessionGround,
  opened: Way,
  laneSequence: number,
): Promise<VerifiedSession> => {
  const { open, close, quoteText } = settled;
  const { station, terms, agreement, tariff, chunks } = ground;
  const { quote, openedAtMs, sessionId } = open;
  hold(close.sessionId === sessionId, 'opening and close are of two sessions');
  hold(
    agreement.parties.includes(quote.vun) &&
      agreement.parties.includes(quote.hun) &&
      agreement.signedBy.length === 2,
    'the agreement is not of these two, or not signed by both',
  );
  requireCommitted(primitives, settled, ground, opened);
  hold(station.stationId === quote.stationId && station.utilityId === quote.vun, 'the station is another');
  const outlet = station.outlets.find(
    ({ evseId, removedAtMs }) => evseId === quote.evseId && openedAtMs < removedAtMs,
  );
  const keys = keysAt(outlet?.meterKeys ?? [], openedAtMs);
  const { key, tariffText } = await requireMetered(primitives, close, quote.evseId, keys);
  const token = await requireOpening(primitives, open, quoteText, ground, tariffText);
  const grid = terms.grid && { terms, rule: terms.grid, chunks };
  const { shares } = terms;
  const meteredBy = key.signedBy ?? '';
  const record = recordOf({ laneSequence, quote, close, meteredBy, tariffJson: tariff.json, shares, grid });
  requireTimes(settled, ground, record);
  if (token !== undefined && open.offline !== undefined)
    requireOfflineEnd(settled, open.offline, token, record);
  hold(record.totalMicros <= quote.capMicros, 'the bill is above the cap that the driver consented to');
  return { record, token };
};

/** Sums of a batch, in the header that its record's hash covers. */
export interface Header {
  readonly currency: string;
  readonly energyWh: bigint;
  readonly totalMicros: bigint;
  readonly shares: Shares;
}

/** That the header is the batch's; gives its sums. @throws Failed, Unreadable */
export const requireHeader = (primitives: Primitives, headerText: string, batch: Batch): Header => {
  hold(
    hashOf(primitives, headerText) === batch.headerHash,
    'the sums of the batch do not hash to what the ledger holds',
  );
  const header = exactly(parseCanonical(headerText, 'the header'), 'the header', [
    ...['agreementId', 'batchId', 'currency', 'energyWh', 'fromSequence', 'hun', 'laneId', 'lastEndMs'],
    ...['merkleRoot', 'salt', 'shares', 'toSequence', 'totalMicros', 'vun'],
  ]);
  const same = [
    'agreementId',
    'batchId',
    'fromSequence',
    'hun',
    'laneId',
    'merkleRoot',
    'toSequence',
    'vun',
  ] as const;
  for (const name of same) hold(header[name] === batch[name], `the header’s ${name} is not the batch’s`);
  const shares = readShares(header['shares'], 'the header’s shares');
  const totalMicros = amount(header['totalMicros'], 'the header’s total');
  const sum = shares.hun + shares.vun + shares.infrastructure + shares.driver;
  hold(sum === totalMicros, 'the header’s shares are not its total');
  const currency = text(header['currency'], 'the header’s currency');
  return { currency, energyWh: amount(header['energyWh'], 'the header’s energy'), totalMicros, shares };
};

/** That a settled text lies in its batch, where a lane's records are numbered without a gap. */
export const requireInBatch = (primitives: Primitives, body: string, batch: Batch, way: Way): void => {
  hold(way.size === batch.toSequence - batch.fromSequence + 1, 'the batch has another number of sessions');
  hold(
    leadsTo(primitives, entry(primitives, body), way, fromHex(batch.merkleRoot)),
    'the settled session is not under its batch’s root',
  );
};

/** The one text of a record, to be compared with the one that is told. */
export const recordText = ({ value }: Record): string => canonical(value);
