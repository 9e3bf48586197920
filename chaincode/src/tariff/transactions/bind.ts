import {
  checkTariffLimits,
  stateKey,
  tariffBindingRecord,
  tariffRecord,
  type tariffCommands,
  type TariffBindingRecord,
} from '@roamgrid/wire';
import { ensure, refuse, requireMember, type Transaction, type Verb } from '../../context/index.ts';
import { getParties, getAgreement, mspIdsOf, openTerms, requireInForce } from '../../consortium/agreement.ts';

/** Versions of a tariff bound under an agreement so far, ascending. */
const bindingsOf = (tx: Transaction, agreementId: string, tariffId: string) =>
  tx.range(tariffBindingRecord, `binding:${agreementId}:${tariffId}:`, `binding:${agreementId}:${tariffId};`);

/** A change owes notice; the first version bound changes nothing that anyone was quoted. */
const requireNotice = (nowMs: number, validFromMs: number, noticeMs: number): void => {
  ensure(
    validFromMs - nowMs >= noticeMs,
    'OUTSIDE_AGREEMENT',
    `NOTICE_TOO_SHORT: the version starts ${validFromMs - nowMs} ms from now, the agreed notice is ${noticeMs} ms`,
  );
};

/** Admits a tariff version to quotes under an agreement, when it keeps to the limits that both parties signed. */
export const bind: Verb<typeof tariffCommands.bind> = async (
  tx,
  { agreementId, tariffId, tariffVersion },
) => {
  const agreement = await getAgreement(tx, agreementId);
  const parties = await getParties(tx, agreement.parties);
  const tariff = await tx.get(tariffRecord, stateKey.tariff(tariffId, tariffVersion));
  const publisher =
    parties.find(({ utilityId }) => utilityId === tariff.utilityId) ??
    refuse('OUTSIDE_AGREEMENT', `${tariff.utilityId} is not a party of ${agreementId}`);
  requireMember(tx.caller, publisher, ['operator']);
  requireInForce(agreement, tx.nowMs);
  ensure(tariff.validUntilMs > tx.nowMs, 'EXPIRED', 'the tariff version has run out');
  const terms = openTerms(tx, agreement);

  const last: TariffBindingRecord | undefined = (await bindingsOf(tx, agreementId, tariffId)).at(-1);
  let previousJson: string | undefined;
  if (last !== undefined) {
    ensure(
      last.tariffVersion < tariffVersion,
      'WRONG_STATE',
      `version ${last.tariffVersion} of ${tariffId} is bound already`,
    );
    requireNotice(tx.nowMs, tariff.validFromMs, terms.noticeMs);
    previousJson = (await tx.get(tariffRecord, stateKey.tariff(tariffId, last.tariffVersion))).tariffJson;
  }
  const checked = checkTariffLimits(tariff.tariffJson, terms, previousJson);
  if (!checked.ok) refuse('OUTSIDE_AGREEMENT', `${checked.error.code}: ${checked.error.message}`);

  const endorsers = mspIdsOf(parties);
  tx.put(
    tariffBindingRecord,
    stateKey.tariffBinding(agreementId, tariffId, tariffVersion),
    { type: 'tariffBinding', version: 1, agreementId, tariffId, tariffVersion, boundAtMs: tx.nowMs },
    { endorsers },
  );
  tx.endorseBy(endorsers);
};
