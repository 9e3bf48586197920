import { kitError, type ServiceError } from '@roamgrid/service-kit';
import type { z } from 'zod';

/** A 400 that says where a command does not match its schema. */
export const invalidCommand = (error: z.ZodError): ServiceError =>
  kitError('INVALID_REQUEST', 'the command does not match its schema', {
    errors: error.issues.slice(0, 20).map(({ path, message }) => ({
      pointer: ['/body/command', ...path.map(String)].join('/'),
      message,
    })),
  });
