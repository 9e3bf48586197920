export {
  END_REASONS,
  endReason,
  FAULT_REASONS,
  OCPP_REASONS,
  type EndReason,
  type FaultReason,
  type SessionSignals,
} from './end-reason.ts';
export {
  isFinal,
  nextState,
  possibleEvents,
  SESSION_EVENTS,
  SESSION_STATES,
  type SessionEvent,
  type SessionState,
  type TransitionError,
} from './lifecycle.ts';
export {
  capInForce,
  checkConsent,
  checkQuote,
  type Consent,
  type ConsentError,
  type ConsentedCap,
  type QuoteError,
  type QuoteLimits,
  type QuoteTerms,
} from './quote.ts';
