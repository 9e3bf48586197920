import { pino, type DestinationStream, type Logger } from 'pino';
import { redact } from './redact.ts';

export type { Logger };

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** A JSON-lines logger in which no CIN, token, key or authorization header can appear. */
export const createLogger = (
  name: string,
  { level = 'info', destination }: { level?: LogLevel; destination?: DestinationStream } = {},
): Logger => {
  const logger = pino(
    {
      name,
      level,
      base: { name },
      // `err` is already plain when serializers run; pino's own would drop what `redact` made of it.
      serializers: { err: (value: unknown) => value },
      hooks: {
        logMethod(inputArgs, method) {
          const [first, ...rest] = inputArgs as unknown[];
          const safe = first instanceof Error ? { err: redact(first) } : redact(first);
          method.apply(this, [safe, ...rest.map((value) => redact(value))] as Parameters<typeof method>);
        },
      },
    },
    destination ?? pino.destination({ dest: 2, sync: false }),
  );
  // pino formats the bindings of the first logger only; children inherit this method.
  const child = logger.child;
  logger.child = function (this: Logger, bindings: object, options?: object) {
    return child.call(this, redact(bindings) as Record<string, unknown>, options);
  } as typeof child;
  return logger;
};
