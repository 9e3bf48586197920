/** Why a call is not done, in the words of the RPC framework. Spec: OCPP-J 1.6 §4.2.3, OCPP 2.0.1 part 4 §4.2.3. */
export type FaultCode =
  'NotSupported' | 'NotImplemented' | 'PropertyConstraintViolation' | 'InternalError' | 'GenericError';

/** Thrown by what answers a station's call: the station is told the code and the text. */
export class OcppFault extends Error {
  override readonly name = 'OcppFault';
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}
