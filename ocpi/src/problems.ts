import { withKitProblems } from '@roamgrid/service-kit';

/** What the door refuses to its operators. */
export const ocpiProblems = withKitProblems({
  PARTNER_UNKNOWN: { status: 404, title: 'There is no such partner' },
  PARTNER_EXISTS: { status: 409, title: 'There is such a partner, or one with this party' },
  PARTNER_NOT_REGISTERED: {
    status: 409,
    title: 'Tokens have not been exchanged with this partner',
    remedy: 'Register with it, or invite it.',
  },
  PARTNER_AWAY: { status: 502, title: 'The partner does not answer as OCPI has it' },
  PARTNER_REFUSED: { status: 422, title: 'The partner refused' },
  STAND_IN_MISSING: {
    status: 409,
    title: 'The door does not know the utility’s own machines',
    remedy: 'Give it "standIn" in its configuration.',
  },
  OBJECT_INVALID: { status: 422, title: 'This is no object of OCPI' },
  OBJECT_UNKNOWN: { status: 404, title: 'There is no such object' },
});
export type OcpiProblem = Extract<
  keyof typeof ocpiProblems,
  `PARTNER_${string}` | `OBJECT_${string}` | 'STAND_IN_MISSING'
>;
