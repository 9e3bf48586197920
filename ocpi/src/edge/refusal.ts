/** Spec: OCPI 2.2.1 status_codes. */
export const STATUS = {
  success: 1000,
  clientError: 2000,
  invalid: 2001,
  notEnough: 2002,
  unknownLocation: 2003,
  unknownToken: 2004,
  serverError: 3000,
  clientUnusable: 3001,
  versionUnsupported: 3002,
  endpointsMissing: 3003,
  unknownReceiver: 4001,
} as const;
export type OcpiStatus = (typeof STATUS)[keyof typeof STATUS];

/** What the door says to a partner instead of an answer. */
export class OcpiRefusal extends Error {
  override readonly name = 'OcpiRefusal';
  readonly httpStatus: number;
  readonly status: OcpiStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    httpStatus: number,
    status: OcpiStatus,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.httpStatus = httpStatus;
    this.status = status;
    this.headers = headers;
  }
}

/** It reached us and cannot be done: HTTP succeeds, the status says why. */
export const refused = (status: OcpiStatus, message: string): OcpiRefusal =>
  new OcpiRefusal(200, status, message);
export const notFound = (message = 'there is nothing here'): OcpiRefusal =>
  new OcpiRefusal(404, STATUS.clientError, message);
