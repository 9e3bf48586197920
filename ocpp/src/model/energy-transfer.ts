/** How energy may go between an outlet and a car. Spec: OCPP 2.1 part 2, EnergyTransferModeEnumType, those with a cable. */
export const TRANSFER_MODES = [
  'AC_single_phase',
  'AC_two_phase',
  'AC_three_phase',
  'DC',
  'AC_BPT',
  'DC_BPT',
] as const;
export type TransferMode = (typeof TRANSFER_MODES)[number];

/** Both ways. */
export const isBothWays = (mode: TransferMode): boolean => mode.endsWith('_BPT');
