import pg from 'pg';

/** True for a violated unique constraint. Spec: PostgreSQL error code unique_violation. */
export const isTaken = (thrown: unknown): boolean =>
  thrown instanceof pg.DatabaseError && thrown.code === '23505';
