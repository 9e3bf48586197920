/** `fabric-network` writes to the console by itself, in colours, whatever its caller makes of an error. */
const silent = {
  debug: (): void => undefined,
  info: (): void => undefined,
  warn: (): void => undefined,
  error: (): void => undefined,
};

/**
 * Loads the package when it is first needed: members with newer peers never do. What it has to say is in the errors that
 * it throws; HFC_LOGGING, the package's own setting, brings its log back.
 */
export const loadFabricNetwork = async () => {
  if (process.env['HFC_LOGGING'] === undefined) Object.assign(globalThis, { hfc: { logger: silent } });
  const { default: fabric } = await import('fabric-network');
  return fabric;
};
