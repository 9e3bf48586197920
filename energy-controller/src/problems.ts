import { ServiceError, withKitProblems } from '@roamgrid/service-kit';

/** What the controller may refuse. */
export const controllerProblems = withKitProblems({
  SITE_UNKNOWN: { status: 404, title: 'No such site is run here' },
  REQUEST_UNKNOWN: { status: 404, title: 'There is no such request' },
  NOT_DECIDED: {
    status: 409,
    title: 'The site has made no decision yet',
    remedy: 'Repeat after a tick.',
  },
  REQUEST_CONFLICT: {
    status: 409,
    title: 'This id was used for another request',
    remedy: 'Give each request an id of its own.',
  },
  OFFER_OVER: { status: 409, title: 'There is no offer that waits for an answer' },
  SAVING_INVALID: { status: 422, title: 'No saving can be told of this span by this tariff' },
  REQUEST_INVALID: { status: 422, title: 'No device of the site can follow this request' },
  CHANGE_CONFLICT: {
    status: 409,
    title: 'This id was used for another change',
    remedy: 'Give each change an id of its own.',
  },
  VERSION_OLD: {
    status: 409,
    title: 'The settings were changed meanwhile',
    remedy: 'Look at them again, and change the version that holds now.',
  },
  CONFIRMATION_WRONG: {
    status: 409,
    title: 'The confirmation is over, or was given for something else',
    remedy: 'Send the change without it, and confirm what is asked then.',
  },
  PLAN_UNKNOWN: { status: 404, title: 'There is no such plan' },
  CHANGE_INVALID: { status: 422, title: 'The site cannot be set so' },
  SIGNAL_CONFLICT: {
    status: 409,
    title: 'This version of the signal said something else',
    remedy: 'Give what changed a higher version.',
  },
  SIGNALS_TOO_MANY: {
    status: 409,
    title: 'The house was told more signals than it keeps',
    remedy: 'Change those that are there, or wait until some have been over for a day.',
  },
  UNIT_UNKNOWN: { status: 404, title: 'No breaker of the house is of such a unit' },
  OPENADR_UNKNOWN: { status: 404, title: 'There is no such object of OpenADR' },
  OPENADR_IN_USE: { status: 400, title: 'Other objects of OpenADR stand on this one' },
  OPENADR_CONFLICT: { status: 409, title: 'The object of OpenADR does not fit those that are there' },
  POOL_UNKNOWN: { status: 404, title: 'This site has no part in such a pool' },
});

export type ControllerCode = keyof typeof controllerProblems;

export const controllerError = (
  code: ControllerCode,
  detail: string,
  details?: ConstructorParameters<typeof ServiceError>[2],
): ServiceError<ControllerCode> => new ServiceError(code, detail, details);
