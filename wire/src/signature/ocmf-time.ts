import { err, ok, type DomainError, type Result } from '@roamgrid/domain';

/** Time of a reading and how far its clock can be trusted. Spec: OCMF 1.4, tables 7 (`TM`) and 19. */
export interface OcmfTime {
  readonly atMs: number;
  /** U unknown, I informative, S synchronised, R relative to an informative clock. */
  readonly sync: 'U' | 'I' | 'S' | 'R';
}

// The specification writes `+0200`; stations in the field also send `+02:00`.
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d),(\d{3})([+-])(\d\d):?(\d\d) ([UISR])$/;

/** `2018-07-24T13:22:04,000+0200 S`, written in UTC. */
export const formatOcmfTime = ({ atMs, sync }: OcmfTime): string =>
  `${new Date(atMs).toISOString().slice(0, 19)},${(atMs % 1_000).toString().padStart(3, '0')}+0000 ${sync}`;

export const parseOcmfTime = (text: string): Result<OcmfTime, DomainError<'OCMF_MALFORMED'>> => {
  const invalid = err({
    code: 'OCMF_MALFORMED',
    message: `${JSON.stringify(text)} is not an OCMF time`,
  } as const);
  const match = TIME.exec(text);
  if (match === null) return invalid;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = match
    .slice(1, 8)
    .map(Number);
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  const expected = `${match[1] ?? ''}-${match[2] ?? ''}-${match[3] ?? ''}T${match[4] ?? ''}:${match[5] ?? ''}`;
  // Date.UTC rolls 31 February over; what does not read back was no date.
  if (!new Date(localMs).toISOString().startsWith(expected)) return invalid;
  const offsetMs = (Number(match[9]) * 60 + Number(match[10])) * 60_000 * (match[8] === '-' ? -1 : 1);
  return ok({ atMs: localMs - offsetMs, sync: match[11] as OcmfTime['sync'] });
};
