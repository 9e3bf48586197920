export { divide, isRoundingMode, ROUNDING_MODES, roundToMultiple, type RoundingMode } from './divide.ts';
