import { canonicalJson } from '@roamgrid/wire';

/** A partner outside the consortium, with stations and cards of its own. Fictional. */
export const PARTNER = { partnerId: 'rijnlaad', name: 'Rijnlaad', country: 'NL', party: 'RJN' } as const;

/** The chip of a card that the partner issued, and the contract that it is for, without a check character. */
export const THEIR_CARD = { uid: '04A1B2C3D4E580', contractId: 'NL-RJN-C00004711' } as const;
/** The chip of a card that Duke Energy issued. */
export const OUR_CHIP = '04B2C3D4E5F681';

/** A street station of Duke Energy's that speaks OCPP, with a meter that signs. */
export const STREET = {
  stationId: 'DUK-STREET-1',
  name: 'On the street',
  evseId: 'US*DUK*ESTREET1*1',
  meterId: 'DUK-STREET-METER-1',
  registerId: 'DUK-STREET-REGISTER-1',
  maxPowerW: 150_000n,
  isSigning: true,
  password: 'street-station-of-duke',
} as const;

/** The partner's own outlet, which Alabama Power registered as a station of its own. */
export const GUEST = {
  ...{ locationId: 'RJN-QUAY', evseUid: 'RJN-QUAY-1', evseId: 'US*ALP*ERJNQUAY*1' },
  ...{ stationId: 'ALP-RIJNLAAD-1', meterId: 'RIJNLAAD-METER-1', registerId: 'ALP-RIJNLAAD-REGISTER-1' },
  maxPowerW: 150_000n,
} as const;

/** USD for a kilowatt-hour, at Duke Energy's and at the partner's. */
export const PRICES = { USDUK: 0.4, USALP: 0.3 } as const;

const TARIFF_AT = '2026-01-01T00:00:00Z';

/** One price for energy. */
export const tariffOf = (utilityId: string, price: number) => ({
  id: `${utilityId}-FLAT`,
  country_code: utilityId.slice(0, 2),
  party_id: utilityId.slice(2),
  currency: 'USD',
  elements: [{ price_components: [{ type: 'ENERGY', price, vat: 0, step_size: 1 }] }],
  last_updated: TARIFF_AT,
});

export const tariffTextOf = (utilityId: string, price: number): string =>
  canonicalJson(tariffOf(utilityId, price));

interface LocationFacts {
  readonly owner: { readonly country: string; readonly party: string };
  readonly id: string;
  readonly name: string;
  readonly evseUid: string;
  readonly evseId: string;
  readonly timeZone: string;
}

/** Spec: OCPI 2.2.1 mod_locations Location, with one outlet. */
export const locationOf = ({ owner, id, name, evseUid, evseId, timeZone }: LocationFacts) => ({
  ...{ country_code: owner.country, party_id: owner.party, id, publish: true, name },
  ...{ address: '1 Street', city: 'Durham', country: 'USA', time_zone: timeZone },
  coordinates: { latitude: '35.99403', longitude: '-78.89862' },
  evses: [
    {
      ...{ uid: evseUid, evse_id: evseId, status: 'AVAILABLE', last_updated: TARIFF_AT },
      capabilities: ['RFID_READER'],
      connectors: [
        {
          ...{ id: '1', standard: 'IEC_62196_T2_COMBO', format: 'CABLE', power_type: 'DC' },
          ...{ max_voltage: 500, max_amperage: 300, last_updated: TARIFF_AT },
        },
      ],
    },
  ],
  last_updated: TARIFF_AT,
});

/** Spec: OCPI 2.2.1 mod_tokens Token. */
export const tokenOf = (isValid: boolean, atMs: number) => ({
  ...{ country_code: PARTNER.country, party_id: PARTNER.party, uid: THEIR_CARD.uid, type: 'RFID' },
  ...{ contract_id: THEIR_CARD.contractId, issuer: PARTNER.name, valid: isValid, whitelist: 'NEVER' },
  last_updated: new Date(atMs).toISOString(),
});
