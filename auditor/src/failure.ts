/** What was asked about does not hold: the first thing that does not, in one line. */
export class Failed extends Error {
  override readonly name = 'Failed';
}

/** What was given is not of the form that can be verified at all. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** @throws Failed */
export function hold(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Failed(text);
}

/** @throws Unreadable */
export function readable(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Unreadable(text);
}
