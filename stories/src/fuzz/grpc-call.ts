import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import type { LedgerEndpoint } from '../system/ledger.ts';

/** How one call ended. */
export interface Ended {
  readonly code: status;
  readonly text: string;
}

/** A stream that has nothing to say stays open for what will happen. */
const STREAM_MS = 200;

const bytesAsTheyAre = (bytes: Buffer): Buffer => bytes;

const endedBy = ({ code, details, metadata }: ServiceError): Ended => ({
  code,
  text: `${details} ${metadata.get('grpc-status-details-bin').map(String).join(' ')}`,
});

export const peerClient = ({ address, tlsRootCertPath }: LedgerEndpoint): Client =>
  new Client(address, credentials.createSsl(readFileSync(tlsRootCertPath)), {
    'grpc.max_receive_message_length': -1,
  });

/** One message, one answer. */
export const callUnary = (client: Client, path: string, bytes: Buffer, boundMs: number): Promise<Ended> =>
  new Promise((resolve) => {
    const deadline = Date.now() + boundMs;
    client.makeUnaryRequest(path, bytesAsTheyAre, bytesAsTheyAre, bytes, { deadline }, (error) => {
      resolve(error === null ? { code: status.OK, text: '' } : endedBy(error));
    });
  });

/** Some messages, and whatever comes back until the stream ends or has nothing more to say. */
export const callStream = (
  client: Client,
  path: string,
  messages: readonly Buffer[],
  boundMs: number,
): Promise<Ended> =>
  new Promise((resolve) => {
    const deadline = Date.now() + boundMs;
    const call = client.makeBidiStreamRequest(path, bytesAsTheyAre, bytesAsTheyAre, { deadline });
    const enough = setTimeout(() => {
      call.cancel();
    }, STREAM_MS);
    call.on('data', () => undefined);
    call.on('error', (error: ServiceError) => {
      clearTimeout(enough);
      resolve(endedBy(error));
    });
    call.on('end', () => {
      clearTimeout(enough);
      resolve({ code: status.OK, text: '' });
    });
    for (const message of messages) call.write(message);
    call.end();
  });
