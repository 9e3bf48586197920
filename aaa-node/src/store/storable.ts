/** Whether PostgreSQL keeps a text: in texts and in JSON it takes neither U+0000 nor half of a surrogate pair. */
export const isStorable = (text: string): boolean => !/[\u0000\p{Surrogate}]/u.test(text);

/** JSON text of a value, or undefined when some text in it cannot be kept. */
export const storableJson = (value: unknown): string | undefined => {
  const bad: string[] = [];
  const json = JSON.stringify(value, (key: string, part: unknown) => {
    bad.push(...[key, part].filter((text) => typeof text === 'string').filter((text) => !isStorable(text)));
    return part;
  });
  return bad.length === 0 ? json : undefined;
};
