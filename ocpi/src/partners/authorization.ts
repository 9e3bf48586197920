const PRINTABLE = /^[\x21-\x7e]{1,64}$/;

/**
 * The credentials tokens that a header may mean: what its Base64 says, as the specification has it, or its plain text, as
 * older platforms write. Spec: OCPI 2.2.1 transport_and_format §4.1.1 Authorization header.
 */
export const tokensIn = (header: string | undefined): readonly string[] => {
  const given = /^Token ([\x21-\x7e]{1,200})$/i.exec(header?.trim() ?? '')?.[1];
  if (given === undefined) return [];
  // The specification's own example ends with a line feed inside.
  const decoded = Buffer.from(given, 'base64').toString('utf8').replace(/\n$/, '');
  return [decoded, given].filter((token) => PRINTABLE.test(token));
};

/** The header that carries a token. */
export const authorizationOf = (token: string, encoding: 'base64' | 'plain'): string =>
  `Token ${encoding === 'plain' ? token : Buffer.from(token, 'utf8').toString('base64')}`;
