import { z } from 'zod';
import {
  businessDetailsOf,
  displayText,
  energyMix,
  geoLocation,
  imageOf,
  owner,
  tokenTypeOf,
} from './common.ts';
import {
  ciString,
  closedEnum,
  dateTime,
  int,
  many,
  maybe,
  number,
  openEnum,
  some,
  text,
  url,
  type OcpiDoorVersion,
} from './scalars.ts';

const CAPABILITIES =
  'CHARGING_PROFILE_CAPABLE CHARGING_PREFERENCES_CAPABLE CHIP_CARD_SUPPORT CONTACTLESS_CARD_SUPPORT CREDIT_CARD_PAYABLE ' +
  'DEBIT_CARD_PAYABLE PED_TERMINAL REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER START_SESSION_CONNECTOR_REQUIRED ' +
  'TOKEN_GROUP_CAPABLE UNLOCK_CAPABLE';
const STANDARDS =
  'CHADEMO CHAOJI DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G DOMESTIC_H DOMESTIC_I ' +
  'DOMESTIC_J DOMESTIC_K DOMESTIC_L DOMESTIC_M DOMESTIC_N DOMESTIC_O GBT_AC GBT_DC IEC_60309_2_single_16 ' +
  'IEC_60309_2_three_16 IEC_60309_2_three_32 IEC_60309_2_three_64 IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2 ' +
  'IEC_62196_T2_COMBO IEC_62196_T3A IEC_62196_T3C NEMA_5_20 NEMA_6_30 NEMA_6_50 NEMA_10_30 NEMA_10_50 NEMA_14_30 ' +
  'NEMA_14_50 PANTOGRAPH_BOTTOM_UP PANTOGRAPH_TOP_DOWN TESLA_R TESLA_S';
const FACILITIES =
  'HOTEL RESTAURANT CAFE MALL SUPERMARKET SPORT RECREATION_AREA NATURE MUSEUM BIKE_SHARING BUS_STOP TAXI_STAND TRAM_STOP ' +
  'METRO_STATION TRAIN_STATION AIRPORT PARKING_LOT CARPOOL_PARKING FUEL_STATION WIFI';

/** Spec: OCPI 2.2.1 mod_locations ConnectorType, ConnectorFormat, PowerType. */
export const connectorWordsOf = (version: OcpiDoorVersion) => ({
  standard: openEnum(version, STANDARDS),
  format: closedEnum('SOCKET CABLE'),
  powerType: closedEnum('AC_1_PHASE AC_2_PHASE AC_2_PHASE_SPLIT AC_3_PHASE DC'),
});

const status = closedEnum(
  'AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED RESERVED UNKNOWN',
);
const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time like 08:30 is needed');
const exceptionalPeriod = z.looseObject({ period_begin: dateTime, period_end: dateTime });

/** Spec: OCPI 2.2.1 mod_locations Hours. */
const hours = z.looseObject({
  twentyfourseven: z.boolean(),
  regular_hours: some(z.looseObject({ weekday: int, period_begin: clockTime, period_end: clockTime })),
  exceptional_openings: some(exceptionalPeriod),
  exceptional_closings: some(exceptionalPeriod),
});

const connectorOf = (version: OcpiDoorVersion) => {
  const words = connectorWordsOf(version);
  return z.looseObject({
    id: ciString(36),
    standard: words.standard,
    format: words.format,
    power_type: words.powerType,
    max_voltage: int,
    max_amperage: int,
    max_electric_power: maybe(int),
    tariff_ids: some(ciString(36)),
    terms_and_conditions: maybe(url),
    capabilities: some(text(100)), // 2.3.0
    last_updated: dateTime,
  });
};

const evseOf = (version: OcpiDoorVersion) =>
  z.looseObject({
    uid: ciString(36),
    evse_id: maybe(ciString(48)),
    status,
    status_schedule: some(z.looseObject({ period_begin: dateTime, period_end: maybe(dateTime), status })),
    capabilities: some(openEnum(version, CAPABILITIES)),
    connectors: many(connectorOf(version)),
    floor_level: maybe(text(4)),
    coordinates: maybe(geoLocation),
    physical_reference: maybe(text(16)),
    directions: some(displayText),
    parking_restrictions: some(openEnum(version, 'EV_ONLY PLUGGED DISABLED CUSTOMERS MOTORCYCLES')),
    parking: some(z.looseObject({ parking_id: ciString(36), evse_position: maybe(text(100)) })), // 2.3.0
    images: some(imageOf(version)),
    accepted_service_providers: some(text(50)), // 2.3.0
    last_updated: dateTime,
  });

/** Spec: OCPI 2.3.0 mod_locations Parking. */
const parking = z.looseObject({
  id: ciString(36),
  physical_reference: maybe(text(12)),
  vehicle_types: many(text(100)),
  max_vehicle_weight: maybe(number),
  max_vehicle_height: maybe(number),
  max_vehicle_length: maybe(number),
  max_vehicle_width: maybe(number),
  parking_space_length: maybe(number),
  parking_space_width: maybe(number),
  restricted_to_type: z.boolean(),
  reservation_required: z.boolean(),
  time_limit: maybe(number),
});

/** Spec: OCPI 2.2.1 and 2.3.0 mod_locations. */
export const locationsOf = (version: OcpiDoorVersion) => {
  const business = maybe(businessDetailsOf(version));
  const location = z.looseObject({
    ...owner,
    id: ciString(36),
    publish: z.boolean(),
    publish_allowed_to: some(
      z.looseObject({
        uid: maybe(ciString(36)),
        type: maybe(tokenTypeOf(version)),
        visual_number: maybe(text(64)),
        issuer: maybe(text(64)),
        group_id: maybe(ciString(36)),
      }),
    ),
    name: maybe(text(255)),
    address: text(255),
    city: text(45),
    postal_code: maybe(text(10)),
    state: maybe(text(45)),
    country: z.string().length(3),
    coordinates: geoLocation,
    related_locations: some(geoLocation.extend({ name: maybe(displayText) })),
    parking_type: maybe(
      openEnum(version, 'ALONG_MOTORWAY PARKING_GARAGE PARKING_LOT ON_DRIVEWAY ON_STREET UNDERGROUND_GARAGE'),
    ),
    evses: some(evseOf(version)),
    parking_places: some(parking), // 2.3.0
    directions: some(displayText),
    operator: business,
    suboperator: business,
    owner: business,
    facilities: some(openEnum(version, FACILITIES)),
    time_zone: text(255),
    opening_times: maybe(hours),
    charging_when_closed: maybe(z.boolean()),
    images: some(imageOf(version)),
    energy_mix: maybe(energyMix),
    help_phone: maybe(ciString(25)), // 2.3.0
    last_updated: dateTime,
  });
  return { location, evse: evseOf(version), connector: connectorOf(version) };
};

export type OcpiLocation = z.output<ReturnType<typeof locationsOf>['location']>;
export type OcpiEvse = z.output<ReturnType<typeof locationsOf>['evse']>;
export type OcpiConnector = z.output<ReturnType<typeof locationsOf>['connector']>;
