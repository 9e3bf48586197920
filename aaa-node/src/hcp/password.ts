import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost of one guess: about 16 MiB and some tens of milliseconds. Stored with the hash, so that it can be raised. */
const COST = { N: 2 ** 14, r: 8, p: 1 } as const;
const KEY_BYTES = 32;
/** No stored hash may make the node work harder than this. */
const MAX_N = 2 ** 18;

interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

const derive = (password: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(
      password.normalize('NFKC'),
      salt,
      KEY_BYTES,
      { ...cost, maxmem: 256 * cost.N * cost.r },
      (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      },
    );
  });

/** `scrypt$N$r$p$salt$hash`. Spec: RFC 7914. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
};

/** Checked against this when there is no such login, so that both answers take the same time. */
const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`;

/** True when the password makes the stored hash; of `undefined` always false, after the same work. */
export const passwordMatches = async (password: string, stored: string | undefined): Promise<boolean> => {
  const [scheme, n, r, p, salt = '', hash = ''] = (stored ?? NOBODY).split('$');
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  if (scheme !== 'scrypt' || !Object.values(cost).every(Number.isInteger) || cost.N > MAX_N) {
    throw new Error('a stored password hash is not scrypt');
  }
  const key = await derive(password, Buffer.from(salt, 'base64url'), cost);
  const expected = Buffer.from(hash, 'base64url');
  return key.length === expected.length && timingSafeEqual(key, expected) && stored !== undefined;
};
