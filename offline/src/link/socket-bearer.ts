import type { Bearer } from './link.ts';

/** What of a WebSocket is used here: that of browsers, and that of the package `ws`. */
export interface FrameSocket {
  binaryType: string;
  send(frame: Uint8Array): void;
  close(): void;
  addEventListener(kind: 'message', then: (event: { readonly data: unknown }) => void): void;
  addEventListener(kind: 'close' | 'error', then: () => void): void;
}

/**
 * Frames over an open WebSocket, one a message, where a radio is simulated. Longer ones than the radio carries are not taken: what works here
 * works by the radio.
 */
export const socketBearer = (socket: FrameSocket, frameBytes: number): Bearer => {
  socket.binaryType = 'arraybuffer';
  return {
    frameBytes,
    send: (frame) => {
      socket.send(frame);
    },
    onFrame: (take) => {
      socket.addEventListener('message', ({ data }) => {
        if (data instanceof ArrayBuffer && data.byteLength <= frameBytes) take(new Uint8Array(data));
      });
    },
    onCut: (end) => {
      socket.addEventListener('close', end);
      socket.addEventListener('error', end);
    },
  };
};

/** Of a machine's own timers. */
export const afterByTimer = (ms: number, then: () => void): (() => void) => {
  const timer = setTimeout(then, ms);
  return () => {
    clearTimeout(timer);
  };
};
