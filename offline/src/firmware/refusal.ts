import { err, type DomainError, type Result } from '@roamgrid/domain';

/** Why a charger takes no keys, no release or no chunk, one reason each. Spec: SECURE-10. */
export type FirmwareRefusalCode =
  | 'FIRMWARE_MALFORMED' // not readable
  | 'FIRMWARE_NOT_ENDORSED' // fewer than enough of the keys that it believes signed it
  | 'FIRMWARE_KEYS_OLDER' // it has these keys or later ones
  | 'FIRMWARE_KEYS_GAP' // the keys between are missing: each set is believed by the one before it
  | 'FIRMWARE_KEYS_EXPIRED' // the keys that it believes are too old: a phone brings later ones first
  | 'FIRMWARE_OTHER_MODEL'
  | 'FIRMWARE_OLDER' // it runs this version or a later one, or collects one
  | 'FIRMWARE_FAILED_BEFORE' // this version was tried here and did not pass
  | 'FIRMWARE_EXPIRED'
  | 'FIRMWARE_TOO_LARGE' // a slot cannot hold it
  | 'FIRMWARE_NOT_COLLECTED' // no such release is collected
  | 'FIRMWARE_BAD_CHUNK' // it is no part of the release, or not at that place
  | 'CLOCK_LOST';

export type FirmwareRefusal = DomainError<FirmwareRefusalCode>;

export const refuseFirmware = (code: FirmwareRefusalCode, message: string): Result<never, FirmwareRefusal> =>
  err({ code, message });
