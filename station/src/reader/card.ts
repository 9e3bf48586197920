import { parseCinEntry } from '@roamgrid/domain';

const QR_PREFIX = /^roamgrid:cin:/i;

/**
 * The CIN behind a keypad entry, a card's text record or a QR code, or what is wrong with it (ROAM-1):
 * checked here, before anything is sent on. A card's serial number is never the CIN and does not come this way.
 */
export const readCin = (text: string) => parseCinEntry(text.trim().replace(QR_PREFIX, ''));
