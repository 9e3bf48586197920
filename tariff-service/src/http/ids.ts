import { z } from 'zod';

export const areaId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/u);
