import {
  checkPriceCourse,
  checkTariffLimits,
  stateKey,
  tariffBindingRecord,
  tariffRecord,
  type tariffCommands,
} from '@roamgrid/wire';
import { ensure, refuse, requireMember, type Transaction, type Verb } from '../../context/index.ts';
import {
  getSignatories,
  getAgreement,
  mspIdsOf,
  openTerms,
  requireInForce,
} from '../../consortium/agreement.ts';
import { requireActive } from '../../consortium/registry.ts';
import { pointOf, putCourse, readCourse } from '../price-course.ts';

/** Versions of a tariff count upward: neither this version nor a later one may be bound already. */
const requireNewest = async (
  tx: Transaction,
  agreementId: string,
  tariffId: string,
  tariffVersion: number,
): Promise<void> => {
  const from = stateKey.tariffBinding(agreementId, tariffId, tariffVersion);
  const [bound] = await tx.range(tariffBindingRecord, from, `binding:${agreementId}:${tariffId};`);
  ensure(
    bound === undefined,
    'WRONG_STATE',
    `version ${bound?.tariffVersion ?? 0} of ${tariffId} is bound already`,
  );
};

/** Admits a tariff version to quotes under an agreement, when it keeps to the limits that both parties signed. */
export const bind: Verb<typeof tariffCommands.bind> = async (
  tx,
  { agreementId, tariffId, tariffVersion },
) => {
  const agreement = await getAgreement(tx, agreementId);
  const parties = await getSignatories(tx, agreement);
  const tariff = await tx.get(tariffRecord, stateKey.tariff(tariffId, tariffVersion));
  const { utilityId } = tariff;
  const publisher =
    parties.find((party) => party.utilityId === utilityId && agreement.parties.includes(utilityId)) ??
    refuse('OUTSIDE_AGREEMENT', `${utilityId} is not a party of ${agreementId}`);
  requireMember(tx.caller, publisher, ['operator']);
  requireActive(tx, publisher);
  requireInForce(agreement, tx.nowMs);
  ensure(tariff.validUntilMs > tx.nowMs, 'EXPIRED', 'the tariff version has run out');
  const terms = openTerms(tx, agreement);
  await requireNewest(tx, agreementId, tariffId, tariffVersion);

  const checked = checkTariffLimits(tariff.tariffJson, terms);
  if (!checked.ok) return refuse('OUTSIDE_AGREEMENT', `${checked.error.code}: ${checked.error.message}`);
  const course = await readCourse(tx, agreementId, utilityId);
  const point = pointOf(tariff, terms.currency, checked.value);
  const admitted = checkPriceCourse(point, course.points, terms, tx.nowMs);
  if (!admitted.ok) refuse('OUTSIDE_AGREEMENT', `${admitted.error.code}: ${admitted.error.message}`);

  const endorsers = mspIdsOf(parties);
  tx.put(
    tariffBindingRecord,
    stateKey.tariffBinding(agreementId, tariffId, tariffVersion),
    { type: 'tariffBinding', version: 1, agreementId, tariffId, tariffVersion, boundAtMs: tx.nowMs },
    { endorsers },
  );
  putCourse(tx, course, point, { agreementId, utilityId, endorsers });
  tx.endorseBy(endorsers);
};
