import type { Socket } from 'node:net';
import { DEVICE_LINE_LIMITS } from '@roamgrid/wire';

/** Splits what comes through a socket into lines, as long as they are as short as agreed. */
export const readLines = (
  socket: Socket,
  heard: { readonly line: (line: string) => void; readonly tooLong: () => void },
): void => {
  let rest = Buffer.alloc(0);
  const take = (chunk: Buffer): void => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      if (end + 1 > DEVICE_LINE_LIMITS.lineBytes) break;
      const line = rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
      heard.line(line);
    }
    if (rest.length < DEVICE_LINE_LIMITS.lineBytes) return;
    socket.off('data', take);
    rest = Buffer.alloc(0);
    heard.tooLong();
  };
  socket.on('data', take);
};
