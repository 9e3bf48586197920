/** Why a command of the native network could not be done. The message says what to do about it. */
export type NativeFailure =
  | 'BINARIES_MISSING'
  | 'FABRIC_TOO_OLD'
  | 'PORT_TAKEN'
  | 'NOT_UP'
  | 'ALREADY_UP'
  | 'NO_SUCH_NODE'
  | 'NODE_FAILED'
  | 'COMMAND_FAILED'
  | 'TIMED_OUT'
  | 'BAD_CHAINCODE';

export class NativeNetworkError extends Error {
  override readonly name = 'NativeNetworkError';
  readonly code: NativeFailure;

  constructor(code: NativeFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
