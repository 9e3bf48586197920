import { hold } from '../../failure.ts';
import { parseCanonical, type JsonObject } from '../../json.ts';
import { readShares } from '../../session/terms.ts';
import type { Header } from '../../session/verify.ts';
import { amount, list, object, text, whole } from '../../shape.ts';

type Counted = Header & { readonly count: number };

const SHARES = ['hun', 'vun', 'infrastructure', 'driver'] as const;

/**
 * That an invoice's body says what its record says, and comes to what its batches come to.
 * @param headers of batches whose bodies were verified
 * @throws Failed, Unreadable
 */
export const requireInvoiceBody = (
  key: string,
  record: JsonObject,
  bodyText: string,
  headers: ReadonlyMap<string, Counted>,
): void => {
  const body = object(parseCanonical(bodyText, key), key);
  for (const name of ['invoiceId', 'agreementId', 'vun', 'hun', 'laneId', 'periodId'])
    hold(body[name] === record[name], `${key}: its body’s ${name} is not its record’s`);
  const isAgain = record['supplementTo'] !== undefined;
  const [from, to] = [whole(body['fromSequence'], key), whole(body['toSequence'], key)];
  const [first, last] = [whole(record['fromSequence'], key), whole(record['toSequence'], key)];
  // Which record came back after a dispute is the parties’ to know: in public stands that it is one of its invoice’s.
  hold(
    isAgain ? first <= from && to <= last : first === from && to === last,
    `${key}: its body’s records are not its record’s`,
  );
  const shares = readShares(body['shares'], 'the invoice’s shares');
  const totalMicros = amount(body['totalMicros'], 'the invoice’s total');
  hold(
    shares.hun + shares.vun + shares.infrastructure + shares.driver === totalMicros,
    `${key}: its shares are not its total`,
  );
  hold(
    amount(body['payableMicros'], 'what is payable') === shares.vun + shares.infrastructure,
    `${key}: what is payable is not the shares of the visited side`,
  );
  // What comes back after a dispute is one record's, not its batch's.
  if (isAgain) return;
  const ids = list(body['batchIds'], 'the invoice’s batches').map((each) => text(each, 'a batch'));
  const batches = ids.flatMap((id) => headers.get(id) ?? []);
  if (batches.length < ids.length) return;
  const sum = (of: (batch: Counted) => bigint): bigint => batches.reduce((all, each) => all + of(each), 0n);
  hold(totalMicros === sum((each) => each.totalMicros), `${key}: its total is not that of its batches`);
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
};
