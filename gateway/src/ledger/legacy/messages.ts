/**
 * What peers said, out of the errors of `fabric-network` and `fabric-common`: they nest responses and errors in ways that
 * depend on where the request failed.
 */
interface Nested {
  readonly message?: unknown;
  readonly response?: { readonly message?: unknown };
  readonly errors?: unknown;
  readonly responses?: unknown;
  readonly endorsements?: unknown;
}

const DEEPEST = 4;

export const messagesIn = (thrown: unknown, depth = 0): readonly string[] => {
  if (typeof thrown !== 'object' || thrown === null || depth > DEEPEST) return [];
  const { message, response, errors, responses, endorsements } = thrown as Nested;
  const below = [errors, responses, endorsements].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  return [
    ...below.flatMap((each) => messagesIn(each, depth + 1)),
    ...[response?.message, message].filter((text) => typeof text === 'string' && text !== ''),
  ] as string[];
};

/** The payload that an endorser answered with, when one did. */
export const payloadIn = (thrown: unknown): Uint8Array | undefined => {
  const { responses } = thrown as { responses?: unknown };
  for (const each of Array.isArray(responses) ? (responses as unknown[]) : []) {
    const { response } = each as { response?: { status?: unknown; payload?: unknown } };
    if (response?.status === 200 && response.payload instanceof Uint8Array) return response.payload;
  }
  return undefined;
};
