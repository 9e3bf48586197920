import { hold } from '../../failure.ts';
import type { JsonObject } from '../../json.ts';
import { amount, list, object, text, whole } from '../../shape.ts';
import { opensSum } from '../commitment.ts';
import { changesOf, type Change, type Records, type Rule, type Step } from '../step.ts';

/**
 * Nettings: positions are what their members proved of their pairs' commitments, all come to nothing together, and payments are what
 * they leave to be paid.
 */

interface Pair {
  readonly low: string;
  readonly high: string;
  readonly commitment: string;
}

const pairsOf = (record: JsonObject): readonly Pair[] =>
  list(record['pairs'], 'the pairs').map((each) => {
    const { low, high, commitment } = object(each, 'a pair');
    return {
      low: text(low, 'a pair'),
      high: text(high, 'a pair'),
      commitment: text(commitment, 'a pair’s commitment'),
    };
  });

const objectsIn = (record: JsonObject, name: string): readonly JsonObject[] =>
  list(record[name], name).map((each) => object(each, name));

const sumOf = (records: readonly JsonObject[], name: string): bigint =>
  records.reduce((sum, each) => sum + amount(each[name], name), 0n);

const FIELDS = ['netMicros', 'broughtMicros', 'stoodMicros', 'payableMicros', 'carriedMicros'];

const isProven = (pairs: readonly Pair[], member: string, position: JsonObject): boolean =>
  opensSum(
    pairs.filter(({ high }) => high === member).map(({ commitment }) => commitment),
    pairs.filter(({ low }) => low === member).map(({ commitment }) => commitment),
    amount(position['netMicros'], 'a position'),
    text(position['blinding'], 'a blinding'),
  );

/** Commitments are those that the pairs closed the round with. */
const requireClosed = (
  records: Records,
  netting: JsonObject,
  { low, high, commitment }: Pair,
  key: string,
) => {
  const pair = records.get(`pairPeriod:${text(netting['periodId'], 'a period')}:${low}:${high}`);
  const statement = objectsIn(pair, 'statements').find((each) => each['round'] === netting['round']);
  const balances = statement === undefined ? [] : objectsIn(statement, 'balances');
  const balance = balances.find((each) => each['currency'] === netting['currency']);
  hold(balance?.['commitment'] === commitment, `${key}: ${low} and ${high} closed with another commitment`);
};

const requirePositions = (records: Records, netting: JsonObject, key: string): void => {
  const pairs = pairsOf(netting);
  for (const pair of pairs) requireClosed(records, netting, pair, key);
  const round = `${text(netting['periodId'], 'a period')}:${whole(netting['round'], 'a round')}`;
  const stated = new Map(
    records
      .startingWith(`position:${round}:${text(netting['currency'], 'a currency')}:`)
      .map((each) => [text(each['utilityId'], 'a member'), each]),
  );
  const members = new Set(pairs.flatMap(({ low, high }) => [low, high]));
  let silent = 0;
  for (const position of objectsIn(netting, 'positions')) {
    const member = text(position['utilityId'], 'a member');
    if (!members.has(member)) {
      hold(position['netMicros'] === '0', `${key}: ${member} nets something and has no pair`);
      continue;
    }
    members.delete(member);
    const own = stated.get(member);
    const isStated = own !== undefined && own['netMicros'] === position['netMicros'];
    if (isStated && isProven(pairs, member, own)) continue;
    // Of one that says nothing the others' positions leave what its own is.
    silent += 1;
  }
  hold(members.size === 0, `${key} leaves out ${[...members].join(', ')}`);
  hold(silent <= 1, `${key}: positions of ${silent} members are not what their commitments open to`);
};

const requirePayments = (netting: JsonObject, key: string): void => {
  const positions = objectsIn(netting, 'positions');
  for (const name of FIELDS) hold(sumOf(positions, name) === 0n, `${key}: ${name} do not come to nothing`);
  const payments = objectsIn(netting, 'payments');
  hold(
    payments.length < Math.max(1, positions.length),
    `${key} has more payments than members need between them`,
  );
  for (const position of positions) {
    const member = position['utilityId'] ?? null;
    const of = (name: string): bigint => amount(position[name], name);
    hold(
      of('netMicros') + of('broughtMicros') + of('stoodMicros') === of('payableMicros') + of('carriedMicros'),
      `${key}: what ${text(member, 'a member')} is paid and keeps is not what it is owed`,
    );
    const got = sumOf(
      payments.filter(({ payee }) => payee === member),
      'amountMicros',
    );
    const paid = sumOf(
      payments.filter(({ payer }) => payer === member),
      'amountMicros',
    );
    hold(
      got - paid === of('payableMicros'),
      `${key}: the payments of ${text(member, 'a member')} are not its position`,
    );
  }
};

export class Nettings implements Rule {
  count = 0;

  step(step: Step): void {
    for (const { key, after } of changesOf(step, 'netting')) {
      this.count += 1;
      requirePositions(step.records, after, key);
      requirePayments(after, key);
      this.#paid(step, after, key);
    }
    for (const { key, after } of changesOf(step, 'carry'))
      hold(sumOf(objectsIn(after, 'left'), 'carriedMicros') === 0n, `${key}: what is carried is not nothing`);
    const documents = ['invoice', 'credit', 'charge'].flatMap((kind) => changesOf(step, kind));
    for (const { key, after } of documents) {
      if (after['state'] !== 'netted') continue;
      const isClosed = changesOf(step, 'pairPeriod').some((pair) => nets(pair, key));
      hold(isClosed, `${key} was netted and no pair’s closing has it`);
    }
  }

  /** Each payment that a netting says is begun with it, and no other. */
  #paid(step: Step, netting: JsonObject, key: string): void {
    const begun = changesOf(step, 'payment').filter(
      ({ before, after }) => before === undefined && after['nettingId'] === netting['nettingId'],
    );
    const said = objectsIn(netting, 'payments');
    hold(begun.length === said.length, `${key} begins ${begun.length} payments and says ${said.length}`);
    for (const payment of said) {
      const own = begun.find(({ after }) => after['paymentId'] === payment['paymentId'])?.after;
      const isSame = ['payer', 'payee', 'amountMicros'].every((name) => own?.[name] === payment[name]);
      hold(
        isSame,
        `${key}: payment ${text(payment['paymentId'], 'a payment')} is begun otherwise than it says`,
      );
    }
  }
}

/** Whether a pair's closing, with this change, has the document in. */
const nets = ({ before, after }: Change, document: string): boolean => {
  const has = (record: JsonObject | undefined): number =>
    (record === undefined ? [] : objectsIn(record, 'statements'))
      .flatMap((statement) => objectsIn(statement, 'balances'))
      .filter(
        (balance) =>
          balance['returned'] !== true && list(balance['documents'], 'documents').includes(document),
      ).length;
  return has(after) === 1 && (has(before) === 0 || JSON.stringify(before) !== JSON.stringify(after));
};
