/** Pairs two lists of the same length; another length is a broken invariant. */
export const zip = <A, B>(left: readonly A[], right: readonly B[]): readonly (readonly [A, B])[] => {
  if (left.length !== right.length) throw new Error(`cannot pair ${left.length} with ${right.length}`);
  return left.map((value, index) => [value, right[index] as B] as const);
};
