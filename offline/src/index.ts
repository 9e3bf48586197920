/** What a charger and a phone say to each other with no network. */
export { keyIdOf } from './suite/key-id.ts';
export { type Agreement, type PublicKey, type Signer, type Suite } from './suite/suite.ts';
export {
  issueChargeToken,
  MOST_TOKEN_BYTES,
  QUOTE_HASH_BYTES,
  readChargeToken,
  TOKEN_ID_BYTES,
  type Audience,
  type ChargeToken,
  type ChargeTokenError,
  type TokenLimits,
  type TokenPrice,
} from './token/charge-token.ts';
export { hexOf } from './cbor/bytes.ts';
export { decodeCbor, encodeCbor } from './cbor/cbor.ts';
export { costMicros } from './token/cost.ts';
export {
  signIssuerList,
  takeIssuerList,
  type IssuerKey,
  type IssuerList,
  type IssuerListError,
} from './token/issuer-list.ts';
export {
  believeToken,
  judgeStart,
  type ChargerSituation,
  type StartGrant,
  type StartRefusal,
  type StartRefusalCode,
  type StartWish,
  type TokenUse,
} from './token/judge.ts';
export type { StartObstacle } from './charger/answers.ts';
export { ChargerClock } from './charger/charger-clock.ts';
export type { Flash } from './charger/flash.ts';
export type { OfflineChargerOptions } from './charger/charger-options.ts';
export { OfflineCharger } from './charger/offline-charger.ts';
export {
  END_REASONS,
  type EndReason,
  type OfflineSession,
  type OutletFlow,
  type OutletObstacle,
  type OutletPort,
  type OutletSensors,
  type SessionFacts,
} from './charger/outlet-port.ts';
export { readRecord, recordOf, statementText, type OfflineRecord } from './charger/record.ts';
export { openCarried, type SealedFor } from './charger/open-carried.ts';
export { openRecord } from './charger/carried-record.ts';
export {
  signReceipt,
  signTimeWord,
  type Operator,
  type Receipt,
  type TimeWord,
} from './charger/utility-words.ts';
export type { ChargerIdentity, Evidence } from './handshake/charger.ts';
export { signChargerCertificate, type ChargerCertificate } from './handshake/charger-certificate.ts';
export type { Command } from './handshake/command.ts';
export { startProof, type ProvenStart } from './handshake/start-proof.ts';
export type { PlaceRefusalCode } from './place/admission.ts';
export { bookSlots, slotsOf } from './place/book-slot.ts';
export { driverAt } from './place/driver.ts';
export {
  signPlaceRules,
  takePlaceRules,
  type OpenHours,
  type PlaceKind,
  type PlaceProfile,
  type PlaceRules,
} from './place/rules.ts';
export {
  offered,
  MOST_SLOTS,
  signSlotList,
  SLOT_S,
  slotAt,
  takeSlotList,
  type Offered,
  type Slot,
  type SlotList,
} from './place/slots.ts';
export { BEARER } from './link/frames.ts';
export { afterByTimer, socketBearer, type FrameSocket } from './link/socket-bearer.ts';
export { Link, LinkLost, type After, type Bearer, type LinkPace } from './link/link.ts';
export {
  readStarted,
  readStopped,
  type SaidAtStart,
  type SaidAtStop,
  type SaidRunning,
} from './phone/said.ts';
export { Contact, type Carried, type CarriedRecord, type ContactError } from './phone/contact.ts';
export {
  keptFirmwareKeys,
  signFirmwareKeys,
  takeFirmwareKeys,
  type FirmwareKeys,
} from './firmware/firmware-keys.ts';
export {
  FirmwareUpdate,
  type FirmwareStanding,
  type FirmwareUpdateOptions,
} from './firmware/firmware-update.ts';
export type { Hasher, ImageSlot } from './firmware/image-slot.ts';
export {
  cutImage,
  keptRelease,
  signFirmwareRelease,
  takeRelease,
  type FirmwareChunk,
  type FirmwareRelease,
} from './firmware/release.ts';
export { bringFirmware, type FirmwareLoad } from './phone/bring-firmware.ts';
export {
  MOST_CLOSED,
  MOST_SESSIONS,
  readCreditAck,
  signCreditAck,
  type BilledSession,
  type CreditAck,
} from './phone/credit-ack.ts';
export { balanceOf, sessionName, type CreditBalance, type CreditRefusal } from './phone/credit-book.ts';
export {
  CHALLENGE_BYTES,
  goOn,
  openCreditEntry,
  openCreditHead,
  startOf,
  verifyCredit,
  type CreditChainError,
  type CreditHead,
  type CreditVerifying,
  type StatedHead,
} from './phone/credit-chain.ts';
export {
  MOST_ENTRY_BYTES,
  readCreditEntry,
  type CreditEntry,
  type CreditMovement,
  type Transfer,
} from './phone/credit-entry.ts';
export type { CreditBook, Reservation, TokenCredit } from './phone/credit-page.ts';
export {
  CreditLedger,
  type CreditError,
  type CreditLedgerOptions,
  type CreditStore,
  type SessionSaid,
  type SessionWish,
} from './phone/credit-ledger.ts';
export { syncCredit, type CreditHome, type CreditStanding } from './phone/credit-sync.ts';
export {
  CAP_STEP_A,
  capProfile,
  signCapCalendar,
  takeCapCalendar,
  type CapCalendar,
  type CapProfile,
} from './place/caps.ts';
export { capSchedules, scheduleOf } from './charger/running-session.ts';
export { LOAD_QUERY, readLoad, type QuarterLoad } from './place/quarter-load.ts';
export { openDiagnosis, type Diagnosis } from './place/diagnosis.ts';
export { base64urlOf, bytesOfBase64url } from './phone/base64url.ts';
export { utilityDoor, type Ask, type Brought, type Fetched, type ForUtility } from './phone/utility-door.ts';
export { visit, type ChargerLoad, type Keeping, type Visited, type WordKind } from './phone/visit.ts';
export { type NeighbourNet } from './neighbours/neighbourhood.ts';
export {
  signUnavailableList,
  takeUnavailableList,
  UNAVAILABLE_LIMITS,
  type Unavailable,
  type UnavailableList,
} from './place/unavailable.ts';
