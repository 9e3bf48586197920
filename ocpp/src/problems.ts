import { ServiceError, withKitProblems } from '@roamgrid/service-kit';

/** What the door may refuse its operators. */
export const doorProblems = withKitProblems({
  STATION_UNKNOWN: { status: 404, title: 'No such station is set up here' },
  STATION_OFFLINE: {
    status: 409,
    title: 'The station is not connected',
    remedy: 'Nothing is kept for it: tell it again when it is back.',
  },
  COMMAND_CONFLICT: {
    status: 409,
    title: 'This id was used for another command',
    remedy: 'Give each command an id of its own.',
  },
  TARIFF_UNSAYABLE: {
    status: 422,
    title: 'OCPP cannot say this tariff as it is',
    remedy: 'Show its text instead: a price that is nearly right is wrong.',
  },
  PROFILE_INVALID: { status: 422, title: 'No station can follow this charging profile' },
});

export type DoorCode = keyof typeof doorProblems;

export const doorError = (
  code: DoorCode,
  detail: string,
  details?: ConstructorParameters<typeof ServiceError>[2],
): ServiceError<DoorCode> => new ServiceError(code, detail, details);
