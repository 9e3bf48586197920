export { aliasOf, formatAlias, parseAlias, type CinAlias } from './alias.ts';
export { makeCin, parseCin, type CinPartLengthError, type CinRequest } from './cin.ts';
export { parseCinEntry } from './entry.ts';
export type { AliasError, CinError, CinHint, NoAliasError } from './errors.ts';
export { cinParts, formatCin, type Cin, type CinParts } from './layout.ts';
export { CIN_SERVICES, describeServices, type CinService, type CinServiceCode } from './services.ts';
