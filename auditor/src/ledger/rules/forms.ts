import { hold } from '../../failure.ts';
import type { Change, Rule, Step } from '../step.ts';

/** What holds of records by their kind alone: which are written once, which count their versions. */

const ONCE = new Set([
  ...['opening', 'claim', 'notes', 'netting', 'default', 'missing', 'command', 'receipt', 'certificate'],
  ...['panelKey', 'houseBatch', 'creditGrant', 'creditMove'],
  ...['tariff', 'tamper', 'offline', 'offlineStart', 'flexHouse', 'flexDay', 'flexEvent'],
]);

/** Records that count up by one with each change. */
const COUNTED = new Set([
  ...['opens', 'ends', 'claims', 'batch', 'invoice', 'lastInvoiced', 'pairPeriod', 'period', 'position'],
  ...['payment', 'carry', 'dispute', 'credit', 'meterBook', 'exposures', 'revocations'],
  ...['charge', 'reservation', 'slot', 'allocation', 'allocatedUntil', 'tamperCount'],
  ...['house', 'houseChain', 'energyCredit'],
  ...['flexUntil', 'flexCalled', 'flexSettlement'],
]);

const requireForm = ({ key, kind, before, after }: Change): void => {
  if (ONCE.has(kind)) hold(before === undefined, `${key} was written a second time`);
  if (!COUNTED.has(kind)) return;
  const last = before === undefined ? 0 : Number(before['version']);
  hold(after['version'] === last + 1, `${key} is not the version after ${last}`);
};

export class Forms implements Rule {
  step({ changes }: Step): void {
    changes.forEach(requireForm);
  }
}
