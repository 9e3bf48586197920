/**
 * A message in frames that a bearer carries whole. Two bytes in front of each: what it is, whether it is the last of its message and which message
 * (mod 64); and its place. Checksums are the bearer's; what gets through them all the same, the channel above finds.
 */
export interface Frame {
  readonly kind: 'data' | 'ack';
  readonly isLast: boolean;
  /** Of the message, mod 64. */
  readonly message: number;
  readonly place: number;
  readonly part: Uint8Array;
}

const HEADER_BYTES = 2;
const ACK = 0x80;
const LAST = 0x40;
export const MESSAGES = 64;
const MOST_FRAMES = 256;

/** Most bytes that a bearer carries in one piece. */
export const BEARER = {
  /** A command or an answer of ISO-DEP without extended lengths. Spec: ISO/IEC 7816-4 §5.2, Lc ≤ 255; the answer is as short. */
  isoDep: 255,
  /** GATT before an exchange of MTU. Spec: Bluetooth Core 5.4, Vol 3 Part F §3.2.8: ATT_MTU 23, three bytes of it its own. */
  gattLeast: 20,
  /** GATT with what one link-layer packet of 251 bytes carries. */
  gattUsual: 244,
} as const;

/** Longest message that frames of such a size carry. */
export const mostBytes = (frameBytes: number): number => (frameBytes - HEADER_BYTES) * MOST_FRAMES;

/** @throws RangeError for a message that is too long for frames of this size, or a frame without room for anything */
export const framesOf = (bytes: Uint8Array, message: number, frameBytes: number): readonly Uint8Array[] => {
  const room = frameBytes - HEADER_BYTES;
  if (room < 1 || bytes.length > mostBytes(frameBytes))
    throw new RangeError(`a message of ${bytes.length} bytes in frames of ${frameBytes}`);
  const count = Math.max(1, Math.ceil(bytes.length / room));
  return Array.from({ length: count }, (_, place) => {
    const part = bytes.subarray(place * room, (place + 1) * room);
    const frame = new Uint8Array(HEADER_BYTES + part.length);
    frame[0] = (place === count - 1 ? LAST : 0) | (message % MESSAGES);
    frame[1] = place;
    frame.set(part, HEADER_BYTES);
    return frame;
  });
};

export const ackOf = ({ message, place }: Pick<Frame, 'message' | 'place'>): Uint8Array =>
  Uint8Array.of(ACK | message, place);

/** Undefined for what is no frame. */
export const readFrame = (bytes: Uint8Array): Frame | undefined => {
  const [first, place] = bytes;
  if (first === undefined || place === undefined) return undefined;
  const isAck = (first & ACK) !== 0;
  if (isAck && bytes.length > HEADER_BYTES) return undefined;
  return {
    kind: isAck ? 'ack' : 'data',
    isLast: (first & LAST) !== 0,
    message: first % MESSAGES,
    place,
    part: bytes.slice(HEADER_BYTES),
  };
};
