import { hold } from '../../failure.ts';
import { parseCanonical, type JsonObject } from '../../json.ts';
import { keyOf } from '../../session/records.ts';
import { readShares, type Shares } from '../../session/terms.ts';
import type { Header } from '../../session/verify.ts';
import { amount, list, object, text, whole } from '../../shape.ts';
import { changesOf, type Change, type Step } from '../step.ts';

/** Of batches whose bodies were verified. */
export type Headers = ReadonlyMap<string, Header & { readonly count: number }>;

const SHARES = ['hun', 'vun', 'infrastructure', 'driver'] as const;

/** That what comes back after a dispute is one record, in a batch of the invoice that it was taken off. */
const requireOneRecord = (
  { records }: Step,
  { key, after }: Change,
  body: JsonObject,
  ids: readonly string[],
): void => {
  const at = whole(body['fromSequence'], key);
  // Which record came back is the parties’ to know: in public stands that it is one of its invoice’s.
  hold(
    at === body['toSequence'] && body['sessions'] === 1 && ids.length === 1,
    `${key}: more than one record comes back on it`,
  );
  const batch = records.find(keyOf.batch(ids[0] ?? ''));
  hold(
    batch !== undefined &&
      batch['invoiceId'] === after['supplementTo'] &&
      whole(batch['fromSequence'], key) <= at &&
      at <= whole(batch['toSequence'], key),
    `${key}: its record is not in the batch that it names, of the disputed invoice`,
  );
};

/** That the batches are those which the ledger says the invoice took. */
const requireTaken = (step: Step, { key, after }: Change, body: JsonObject, ids: readonly string[]): void => {
  for (const name of ['fromSequence', 'toSequence'])
    hold(body[name] === after[name], `${key}: its body’s ${name} is not its record’s`);
  const taken = changesOf(step, 'batch')
    .map((each) => each.after)
    .filter(({ invoiceId }) => invoiceId === after['invoiceId'])
    .sort((a, b) => whole(a['fromSequence'], key) - whole(b['fromSequence'], key))
    .map(({ batchId }) => batchId);
  hold(
    ids.length === taken.length && ids.every((id, at) => id === taken[at]),
    `${key}: its body’s batches are not those that it took on the ledger`,
  );
};

/** That an invoice comes to what its batches come to. */
const requireSums = (
  key: string,
  body: JsonObject,
  shares: Shares,
  batches: readonly (Header & { readonly count: number })[],
): void => {
  const sum = (of: (batch: Header) => bigint): bigint => batches.reduce((all, each) => all + of(each), 0n);
  hold(
    amount(body['totalMicros'], key) === sum((each) => each.totalMicros),
    `${key}: its total is not that of its batches`,
  );
  hold(
    amount(body['energyWh'], 'the invoice’s energy') === sum((each) => each.energyWh),
    `${key}: its energy is not that of its batches`,
  );
  for (const party of SHARES)
    hold(
      shares[party] === sum((each) => each.shares[party]),
      `${key}: its share of ${party} is not that of its batches`,
    );
  hold(
    body['sessions'] === batches.reduce((all, { count }) => all + count, 0),
    `${key}: it counts other sessions than its batches have`,
  );
  hold(
    batches.every(({ currency }) => currency === body['currency']),
    `${key}: it is in another currency than its batches`,
  );
};

/**
 * That an invoice's body says what its record says, takes the batches that it took on the ledger, and comes to what they come to.
 * Whether its sums could be judged: not when bodies of its batches are not there.
 * @throws Failed, Unreadable
 */
export const requireInvoiceBody = (
  step: Step,
  change: Change,
  bodyText: string,
  headers: Headers,
): boolean => {
  const { key, after } = change;
  const body = object(parseCanonical(bodyText, key), key);
  for (const name of ['invoiceId', 'agreementId', 'vun', 'hun', 'laneId', 'periodId'])
    hold(body[name] === after[name], `${key}: its body’s ${name} is not its record’s`);
  const ids = list(body['batchIds'], 'the invoice’s batches').map((each) => text(each, 'a batch'));
  const shares = readShares(body['shares'], 'the invoice’s shares');
  hold(
    shares.hun + shares.vun + shares.infrastructure + shares.driver ===
      amount(body['totalMicros'], 'the invoice’s total'),
    `${key}: its shares are not its total`,
  );
  hold(
    amount(body['payableMicros'], 'what is payable') === shares.vun + shares.infrastructure,
    `${key}: what is payable is not the shares of the visited side`,
  );
  if (after['supplementTo'] !== undefined) {
    // What it comes to is the dispute’s answer, which a bundle has: docs/audit-bundle.md.
    requireOneRecord(step, change, body, ids);
    return true;
  }
  requireTaken(step, change, body, ids);
  const batches = ids.flatMap((id) => headers.get(id) ?? []);
  if (batches.length < ids.length) return false;
  requireSums(key, body, shares, batches);
  return true;
};
