/** Objects of our own in the shape of the specification's, for tests. */
const at = '2026-03-01T08:00:00Z';

export const locationText = `{
  "country_code": "DE", "party_id": "RHK", "id": "L-Harbour-1", "publish": true, "name": "Harbour car park",
  "address": "Quay 7", "city": "Emden", "postal_code": "26721", "country": "DEU",
  "coordinates": { "latitude": "53.36611", "longitude": "7.20778" }, "time_zone": "Europe/Berlin",
  "evses": [{
    "uid": "E1", "evse_id": "DE*RHK*E1", "status": "AVAILABLE", "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE"],
    "connectors": [{ "id": "1", "standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE",
      "max_voltage": 400, "max_amperage": 32, "tariff_ids": ["T-1"], "last_updated": "${at}" }],
    "last_updated": "2026-03-01T08:00:00.123456" }],
  "opening_times": { "twentyfourseven": true }, "berth_depth": 4.50, "last_updated": "${at}" }`;

export const tariffText = (tax: '' | '"tax_included": "NO", ' = ''): string =>
  `{ "country_code": "DE", "party_id": "RHK", "id": "T-1", "currency": "EUR", ${tax}"elements": [
    { "price_components": [{ "type": "ENERGY", "price": 0.3900, "vat": 19.0, "step_size": 1 }] }], "last_updated": "${at}" }`;

export const tokenText = `{ "country_code": "NL", "party_id": "MSP", "uid": "04A1B2C3D4E580", "type": "RFID",
  "contract_id": "NL-MSP-C00004711-8", "issuer": "Example cards", "valid": true, "whitelist": "ALLOWED", "last_updated": "${at}" }`;

export const sessionText = `{ "country_code": "DE", "party_id": "RHK", "id": "S-9", "start_date_time": "2026-03-01T09:00:00Z",
  "kwh": 0.000, "cdr_token": { "country_code": "NL", "party_id": "MSP", "uid": "04A1B2C3D4E580", "type": "RFID",
    "contract_id": "NL-MSP-C00004711-8" }, "auth_method": "WHITELIST", "location_id": "L-Harbour-1", "evse_uid": "E1",
  "connector_id": "1", "currency": "EUR", "status": "ACTIVE", "last_updated": "${at}" }`;

/** 10 kWh at 0.39: 3.90 before tax, 4.641 with it. */
export const cdrText = (
  id: string,
  total: string,
  more = '',
  tariff = tariffText(),
): string => `{ "country_code": "DE", "party_id": "RHK", "id": "${id}", "start_date_time": "2026-03-01T09:00:00Z",
  "end_date_time": "2026-03-01T10:00:00Z", "session_id": "S-9", "cdr_token": { "country_code": "NL", "party_id": "MSP",
    "uid": "04A1B2C3D4E580", "type": "RFID", "contract_id": "NL-MSP-C00004711-8" }, "auth_method": "WHITELIST",
  "cdr_location": { "id": "L-Harbour-1", "address": "Quay 7", "city": "Emden", "country": "DEU",
    "coordinates": { "latitude": "53.36611", "longitude": "7.20778" }, "evse_uid": "E1", "evse_id": "DE*RHK*E1",
    "connector_id": "1", "connector_standard": "IEC_62196_T2", "connector_format": "SOCKET", "connector_power_type": "AC_3_PHASE" },
  "currency": "EUR", "tariffs": [${tariff}], "charging_periods": [{ "start_date_time": "2026-03-01T09:00:00Z",
    "dimensions": [{ "type": "ENERGY", "volume": 10.0 }, { "type": "TIME", "volume": 1.0 }] }],
  "total_cost": ${total}, "total_energy": 10.0, "total_time": 1.0, ${more}"last_updated": "${at}" }`;

export const ownExamples: Readonly<Record<string, string>> = {
  location: locationText,
  tariff: tariffText(),
  token: tokenText,
  session: sessionText,
  cdr: cdrText('C-9', '{ "excl_vat": 3.90, "incl_vat": 4.641 }'),
};
