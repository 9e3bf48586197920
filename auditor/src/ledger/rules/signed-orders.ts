import { hexOf, utf8 } from '../../bytes.ts';
import { hold } from '../../failure.ts';
import { canonical, type JsonObject } from '../../json.ts';
import type { Primitives } from '../../primitives.ts';
import { amount, list, object, text, whole } from '../../shape.ts';
import { keysAt, openDocument, readDatedKeys, readKey } from '../../signature.ts';
import { changesOf, type Change, type Step } from '../step.ts';

/** What public records carry of their makers' own signatures: a house's panel, and who orders that a credit moves. */

const BATCH = 'roamgrid-house-batch+jwt';
const MOVE = 'roamgrid-credit-move+jwt';

/** @throws Failed */
const requireSeal = async (primitives: Primitives, step: Step, { key, after }: Change): Promise<void> => {
  const house = step.records.get(`house:${text(after['houseRef'], key)}`);
  const keys = keysAt(readDatedKeys(house['panelKeys'], 'a panel’s keys'), whole(after['untilMs'], key));
  const what = `the seal of ${key}`;
  const { payload } = await openDocument(primitives, text(after['seal'], key), BATCH, keys, what);
  const sealed = object(payload, what);
  for (const name of ['houseRef', 'number', 'headerHash'])
    hold(sealed[name] === after[name], `${key}: its panel sealed another ${name}`);
};

/** A key as holders are called. Spec: RFC 7638 §3. */
const holderOf = ({ sha256 }: Primitives, { crv, kty, x, y }: JsonObject): string =>
  hexOf(sha256(utf8(canonical({ crv, kty, x, y }))));

/** @throws Failed */
const requireOrder = async (
  primitives: Primitives,
  { key, after }: Change,
  channel: string,
  atMs: number,
): Promise<void> => {
  const what = `the order of ${key}`;
  const owner = object(after['key'], what);
  hold(holderOf(primitives, owner) === after['from'], `${key} was ordered by a key that is not its owner’s`);
  const order = text(after['order'], key);
  const { payload } = await openDocument(primitives, order, MOVE, [readKey(owner, what)], what);
  const ordered = object(payload, what);
  hold(
    ordered['moveId'] === after['moveId'] && ordered['to'] === after['to'] && ordered['channel'] === channel,
    `${key} was ordered for another id, holder or channel`,
  );
  hold(atMs <= whole(ordered['validUntilMs'], what), `${key} was moved after its order was over`);
  const wh = list(ordered['parts'], what)
    .map((each) => object(each, what))
    .reduce((sum, part) => sum + amount(part['toWh'], what) - amount(part['fromWh'], what), 0n);
  hold(wh === amount(after['wh'], key), `${key} moved other Wh than were ordered`);
};

export const requireSigned = async (primitives: Primitives, step: Step, channel: string): Promise<void> => {
  for (const change of changesOf(step, 'houseBatch')) await requireSeal(primitives, step, change);
  for (const change of changesOf(step, 'creditMove'))
    await requireOrder(primitives, change, channel, step.atMs);
};
