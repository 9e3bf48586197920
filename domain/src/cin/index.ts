export { aliasOf, formatAlias, parseAlias, type CinAlias } from './alias.ts';
export { makeCin, parseCin, type CinPartLengthError, type CinRequest } from './cin.ts';
export {
  readContractId,
  type ContractIdError,
  type ContractIdForm,
  type ReadContractId,
} from './contract-id.ts';
export { parseCinEntry } from './entry.ts';
export type { AliasError, CinError, CinHint, NoAliasError } from './errors.ts';
export { cinParts, formatCin, serviceOf, type Cin, type CinParts } from './layout.ts';
export {
  CIN_SERVICES,
  codeOfService,
  describeServices,
  isOutletService,
  OUTLET_SERVICES,
  type CinService,
  type CinServiceCode,
  type OutletService,
} from './services.ts';
