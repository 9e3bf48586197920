import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { z } from 'zod';
import { canonicalJson } from '../codec/canonical-json.ts';
import { LEDGER_LIMITS } from './envelope.ts';

/**
 * Private bodies of one batch as they travel beside a command and lie in the parties' collections: a line each,
 * compressed, so that each text stays the one that was hashed. Bodies of a batch are much alike, and carrying their bytes through clients, peers and contracts costs more
 * than anything that is computed from them.
 */
export const packedBodies = z.strictObject({
  type: z.literal('packedBodies'),
  version: z.literal(1),
  /** Content coding. Spec: RFC 7932, named as in RFC 9110 §8.4.1. */
  encoding: z.literal('br'),
  bodies: z.base64(),
});

export type PackedBodiesError = DomainError<
  | 'PACKED_MALFORMED' // not packed bodies
  | 'PACKED_TOO_LARGE' // they unpack to more than a command may carry
>;

/** The second lowest: the higher ones take longer and win little. */
const QUALITY = 1;

/** Packs bodies, each given as its canonical text, which has no line break; order is kept. */
export const packBodies = (texts: readonly string[]): string => {
  const lines = Buffer.from(texts.join('\n'), 'utf8');
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: lines.length,
  };
  const bodies = brotliCompressSync(lines, { params }).toString('base64');
  return canonicalJson({ bodies, encoding: 'br', type: 'packedBodies', version: 1 });
};

const malformed = (message: string) => err<PackedBodiesError>({ code: 'PACKED_MALFORMED', message });

const isTooLarge = (error: unknown): boolean =>
  error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

/** The bodies' texts as they were packed, in their order; nothing is known of them yet. */
export const unpackBodies = (text: string): Result<readonly string[], PackedBodiesError> => {
  try {
    const packed = packedBodies.safeParse(JSON.parse(text));
    if (!packed.success) return malformed('these are no packed bodies');
    const lines = brotliDecompressSync(Buffer.from(packed.data.bodies, 'base64'), {
      maxOutputLength: LEDGER_LIMITS.unpackedBytes,
    });
    return ok(lines.toString('utf8').split('\n'));
  } catch (error) {
    if (!isTooLarge(error)) return malformed('these are no packed bodies');
    const message = `packed bodies unpack to ${LEDGER_LIMITS.unpackedBytes} bytes at most: split the batch`;
    return err({ code: 'PACKED_TOO_LARGE', message });
  }
};
