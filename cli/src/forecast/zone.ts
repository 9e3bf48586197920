import { createZone, UnknownZoneError, type Zone } from '@roamgrid/tariff-service';
import { InvalidArgumentError } from 'commander';

export function parseZone(text: string): Zone {
  try {
    return createZone(text);
  } catch (error) {
    if (error instanceof UnknownZoneError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
