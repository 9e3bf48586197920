export { defineId, type Id, type IdError, type IdOf, type IdType } from './define-id.ts';
export {
  isSameOutlet,
  readEvseId,
  type EvseIdForm,
  type EvseIdFormError,
  type ReadEvseId,
} from './evse-id-forms.ts';
export { EvseId, operatorOf } from './evse-id.ts';
export {
  AgreementId,
  CommandKey,
  InvoiceId,
  MspId,
  PaymentId,
  PeriodId,
  QuoteId,
  RequestId,
  SessionId,
  StationId,
  TariffId,
} from './record-ids.ts';
export { countryOf, partyOf, UtilityId } from './utility-id.ts';
