export {
  addEnergy,
  averagePower,
  durationOfEnergyMs,
  energyBetween,
  energyOfPower,
  energyWh,
  formatKWh,
  parseKWh,
  powerW,
  type EnergyError,
  type EnergyWh,
  type PowerW,
} from './energy.ts';
