export {
  authoriseLocally,
  localHeadroomMicros,
  WHITELIST_MODES,
  type AskHomeReason,
  type LocalDecision,
  type LocalKnowledge,
  type LocalLeave,
  type WhitelistMode,
} from './local-authorisation.ts';
