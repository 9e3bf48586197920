/** One action with a peer, and what was seen where it did not come as it should. */
export interface Exercised {
  readonly action: string;
  readonly wrong?: string;
}

export const createRows = () => {
  const rows: Exercised[] = [];
  return {
    rows,
    /** @param seen what to show where it is not right */
    note(action: string, isRight: boolean, seen: unknown): void {
      rows.push({ action, ...(isRight ? {} : { wrong: JSON.stringify(seen).slice(0, 500) }) });
    },
  };
};
export type Rows = ReturnType<typeof createRows>;
