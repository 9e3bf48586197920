import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** `scrypt:<N>:<r>:<p>:<salt>:<key>`, both in base64url: what a password is kept as. Spec: RFC 7914. */
export const PASSWORD_HASH = /^scrypt:(\d{4,7}):(\d{1,2}):(\d{1,2}):([\w-]{22,86}):([\w-]{43})$/;

const KEY_BYTES = 32;
const COST = 16_384;
const BLOCK_SIZE = 8;
const PARALLEL = 1;

interface Cost {
  readonly cost: number;
  readonly blockSize: number;
  readonly parallel: number;
}

const derive = (password: Buffer, salt: Buffer, { cost, blockSize, parallel }: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options = { N: cost, r: blockSize, p: parallel, maxmem: 256 * cost * blockSize };
    scrypt(password, salt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });

/** What the configuration keeps of a station's password. */
export const hashPassword = async (password: string, cost = COST): Promise<string> => {
  const salt = randomBytes(16);
  const parameters = { cost, blockSize: BLOCK_SIZE, parallel: PARALLEL };
  const key = await derive(Buffer.from(password), salt, parameters);
  return ['scrypt', cost, BLOCK_SIZE, PARALLEL, salt.toString('base64url'), key.toString('base64url')].join(
    ':',
  );
};

const isRight = async (password: Buffer, hash: string): Promise<boolean> => {
  const [, cost, blockSize, parallel, salt, key] = PASSWORD_HASH.exec(hash) ?? [];
  if (salt === undefined || key === undefined) return false;
  const parameters = { cost: Number(cost), blockSize: Number(blockSize), parallel: Number(parallel) };
  const derived = await derive(password, Buffer.from(salt, 'base64url'), parameters);
  return timingSafeEqual(derived, Buffer.from(key, 'base64url'));
};

/** Against which an unknown id is checked, so that it takes as long as a known one. */
const NOBODYS = `scrypt:${COST}:${BLOCK_SIZE}:${PARALLEL}:${'A'.repeat(22)}:${'A'.repeat(43)}`;

/**
 * Checks passwords. One that was right once in this process is known by a keyed digest, so that a thousand stations that come back at
 * once after an outage do not wait for a thousand derivations; a wrong one is derived each time.
 */
export const createPasswordCheck = () => {
  const secret = randomBytes(32);
  const seen = new Map<string, Buffer>();
  const digestOf = (password: Buffer): Buffer => createHmac('sha256', secret).update(password).digest();
  return {
    /** Without a derivation. */
    isKnown: (password: Buffer, hash: string | undefined): boolean => {
      const known = hash === undefined ? undefined : seen.get(hash);
      return known !== undefined && timingSafeEqual(known, digestOf(password));
    },
    /** By a derivation, also for an unknown id. */
    isRight: async (password: Buffer, hash: string | undefined): Promise<boolean> => {
      const right = (await isRight(password, hash ?? NOBODYS)) && hash !== undefined;
      if (right) seen.set(hash, digestOf(password));
      return right;
    },
  };
};
export type PasswordCheck = ReturnType<typeof createPasswordCheck>;
