import canonicalize from 'canonicalize';
import type { CloseBody, Evidence, OpenBody, Station, Utility } from './api.ts';
import { textHash } from './hash.ts';
import { rootOf } from './merkle.ts';
import { ocmfVerifies, openJws, readingOf } from './signature.ts';

/** What was found: it matches, it does not, or it cannot be seen from here. */
export type Verdict = 'matches' | 'differs' | 'unseen';

export interface Check {
  readonly id: string;
  /** What must hold. */
  readonly claim: string;
  readonly verdict: Verdict;
  /** The figures that were compared. */
  readonly detail: string;
}

export interface Inputs {
  readonly evidence: Evidence;
  /** The same session as other utilities' gateways tell it, by name. */
  readonly others: readonly { readonly name: string; readonly evidence: Evidence | undefined }[];
  readonly stations: readonly Station[];
  readonly utilities: readonly Utility[];
}

const check = (id: string, claim: string, good: boolean | undefined, detail: string): Check => ({
  id,
  claim,
  verdict: good === undefined ? 'unseen' : good ? 'matches' : 'differs',
  detail,
});

const short = (hash: string | undefined) => (hash === undefined ? 'none' : `${hash.slice(0, 16)}…`);
const sum = (amounts: readonly string[]): bigint => amounts.reduce((total, one) => total + BigInt(one), 0n);
/** A signature or text that cannot even be read proves nothing. */
const attempt = <T>(work: () => Promise<T>): Promise<T | undefined> => work().catch(() => undefined);
const NOT_A_PARTY = 'This gateway is of no party to the session and holds no body: ask one of the two.';

async function hashCheck(id: string, claim: string, body: string | undefined, wanted: string | undefined) {
  if (body === undefined || wanted === undefined) return check(id, claim, undefined, NOT_A_PARTY);
  const found = await textHash(body);
  return check(id, claim, found === wanted, `computed ${short(found)}, on the ledger ${short(wanted)}`);
}

function agreement({ evidence, others }: Inputs): Check {
  const text = (of: Evidence) => canonicalize([of.record, of.batch ?? null]);
  const differing = others.filter((other) => other.evidence && text(other.evidence) !== text(evidence));
  const silent = others.filter((other) => other.evidence === undefined);
  const count = others.length - silent.length;
  return check(
    'peers-agree',
    'Every utility’s own peer tells the same',
    differing.length > 0 ? false : count === 0 ? undefined : true,
    differing.length > 0
      ? `${differing.map(({ name }) => name).join(', ')} tells something else`
      : `${count + 1} gateways tell the same${silent.length > 0 ? `, ${silent.map(({ name }) => name).join(', ')} did not answer` : ''}`,
  );
}

function committed({ transactions }: Evidence): Check {
  const valid = transactions.filter(({ valid: good }) => good);
  return check(
    'committed',
    'The session stands in blocks of the chain',
    valid.length > 0,
    `valid in block ${valid.map(({ blockNumber }) => blockNumber).join(', ') || 'none'}`,
  );
}

async function inBatch({ record, batch, proof }: Evidence, close: CloseBody | undefined): Promise<Check[]> {
  const claim = 'The body is a leaf of its batch (Merkle proof)';
  const place = 'Its number is its place in the batch, so none is missing';
  if (batch === undefined || proof === undefined || record.closeHash === undefined || close === undefined)
    return [check('merkle', claim, undefined, NOT_A_PARTY), check('number', place, undefined, NOT_A_PARTY)];
  const { closeHash } = record;
  const root = await attempt(() => rootOf(closeHash, proof));
  const size = batch.toSequence - batch.fromSequence + 1;
  const number = batch.fromSequence + proof.index;
  return [
    check(
      'merkle',
      claim,
      root === batch.merkleRoot,
      `leaf ${proof.index + 1} of ${proof.size} leads to ${short(root)}, root on the ledger ${short(batch.merkleRoot)}`,
    ),
    check(
      'number',
      place,
      proof.size === size && close.cdr.pairSequence === number,
      `CDR number ${close.cdr.pairSequence}, place ${number} of ${batch.fromSequence} to ${batch.toSequence}`,
    ),
  ];
}

async function meter(close: CloseBody, open: OpenBody, stations: readonly Station[]): Promise<Check[]> {
  const station = stations.find(({ stationId }) => stationId === open.quote.stationId);
  const outlet = station?.evses.find(({ evseId }) => evseId === open.quote.evseId);
  const claims: Record<'begin' | 'end', string> = {
    begin: close.signedStart ?? close.signedEnd,
    end: close.signedEnd,
  };
  const checks: Check[] = [];
  for (const side of ['begin', 'end'] as const) {
    const text = claims[side];
    const good =
      outlet &&
      (await attempt(() => ocmfVerifies(text, outlet.meterKey))) === true &&
      readingOf(text, side)?.meterId === outlet.meterId;
    const what = outlet ? `meter ${outlet.meterId}` : 'the outlet is not registered';
    checks.push(check(`meter-${side}`, `The meter signed the ${side} reading`, good ?? false, what));
  }
  const from = readingOf(claims.begin, 'begin')?.registerWh;
  const to = readingOf(claims.end, 'end')?.registerWh;
  const billed = BigInt(close.cdr.energyWh);
  checks.push(
    check(
      'energy',
      'The billed energy is what the meter counted',
      from !== undefined && to !== undefined && to - from === billed,
      `register ${from ?? '?'} to ${to ?? '?'} Wh, billed ${billed} Wh`,
    ),
  );
  return checks;
}

async function consented(open: OpenBody, stations: readonly Station[]): Promise<Check> {
  const station = stations.find(({ stationId }) => stationId === open.quote.stationId);
  const quoteHash = await textHash(canonicalize(open.quote) ?? '');
  const consent = (await attempt(() =>
    openJws(open.consent, 'roamgrid-consent+jwt', station ? [station.signingKey] : []),
  )) as { sessionId?: string; quoteHash?: string } | undefined;
  const good = consent?.quoteHash === quoteHash && consent.sessionId === open.sessionId;
  return check(
    'consent',
    'The driver consented to exactly this quote',
    good,
    `quote ${short(quoteHash)}, consent signed by the station over ${short(consent?.quoteHash)}`,
  );
}

async function authorised(open: OpenBody, record: Evidence['record'], utilities: readonly Utility[]) {
  const home = utilities.find(({ utilityId }) => utilityId === record.hun);
  const typ = open.authorisedBy === 'home' ? 'roamgrid-authorisation+jwt' : 'roamgrid-profile+jwt';
  const yes = (await attempt(() => openJws(open.evidence, typ, home?.signingKeys ?? []))) as
    { iss?: string; aud?: string; cinRef?: string } | undefined;
  const good = yes?.iss === record.hun && yes.aud === record.vun && yes.cinRef === open.cinRef;
  return check(
    'authorised',
    'The home utility authorised the customer',
    good,
    `${open.authorisedBy === 'home' ? 'authorisation' : 'kept profile'} for ${yes?.aud ?? '?'}, signed by ${yes?.iss ?? 'nobody known'}`,
  );
}

function amounts({ cdr }: CloseBody, { quote }: OpenBody): Check[] {
  const net = sum(cdr.lines.map(({ amountMicros }) => amountMicros));
  const shares = sum(Object.values(cdr.shares));
  const total = BigInt(cdr.totalMicros);
  const cap = BigInt(quote.capMicros);
  return [
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

/**
 * Check one session from what gateways tell, with nothing but the browser: no utility is trusted for the arithmetic.
 * The price itself is recomputed by `roamgrid verify` and was by the contract; the page checks its sums.
 */
export async function verifySession(inputs: Inputs): Promise<readonly Check[]> {
  const { evidence, stations, utilities } = inputs;
  const { record, openBody, closeBody } = evidence;
  const open = openBody === undefined ? undefined : (JSON.parse(openBody) as OpenBody);
  const close = closeBody === undefined ? undefined : (JSON.parse(closeBody) as CloseBody);
  const checks = [
    agreement(inputs),
    committed(evidence),
    await hashCheck('open-hash', 'The opening body hashes to the ledger’s record', openBody, record.openHash),
  ];
  if (record.closeHash === undefined) return checks;
  checks.push(
    await hashCheck(
      'close-hash',
      'The closing body hashes to the ledger’s record',
      closeBody,
      record.closeHash,
    ),
    ...(await inBatch(evidence, close)),
  );
  if (open === undefined || close === undefined) return checks;
  return [
    ...checks,
    check(
      'linked',
      'The closing body belongs to this opening',
      close.openHash === record.openHash && close.sessionId === record.sessionId,
      `names ${short(close.openHash)}`,
    ),
    await authorised(open, record, utilities),
    await consented(open, stations),
    ...(await meter(close, open, stations)),
    ...amounts(close, open),
  ];
}
