import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import modbusSerial from 'modbus-serial';

/** Registers of one device: undefined and false where it has none, which is answered as exception 2. */
export interface ServedRegisters {
  read(space: 'holding' | 'input', at: number): number | undefined;
  write(at: number, words: readonly number[]): boolean;
}

export interface ServedModbus {
  readonly port: number;
  close(): Promise<void>;
}

const ILLEGAL_ADDRESS = 2;
/** The library takes 0 for "not given" and then means 502. */
const ANY_PORT = '0' as unknown as number;

const refusal = (): Error =>
  Object.assign(new Error('illegal data address'), { modbusErrorCode: ILLEGAL_ADDRESS });

/** Serves a device by Modbus TCP on this machine, with another library than the adapter's. */
export const serveModbus = async (registers: ServedRegisters, port?: number): Promise<ServedModbus> => {
  const wordOf =
    (space: 'holding' | 'input') =>
    (at: number): number => {
      const word = registers.read(space, at);
      if (word === undefined) throw refusal();
      return word;
    };
  const server = new modbusSerial.ServerTCP(
    {
      // One by one: what gives several at once is never asked for a single one, which is then never answered.
      getHoldingRegister: wordOf('holding'),
      getInputRegister: wordOf('input'),
      setRegisterArray: (at: number, values: number[]): void => {
        if (!registers.write(at, values)) throw refusal();
      },
    },
    { host: '127.0.0.1', port: port ?? ANY_PORT },
  );
  // A client that goes away in the middle is its own affair.
  server.on('socketError', () => undefined);
  await once(server, 'initialized');
  const { _server: listener } = server as unknown as { readonly _server: Server };
  return {
    port: (listener.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
