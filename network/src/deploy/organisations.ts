/** The organisations that get deployment files. */
import { activeOrderers } from '../consortium/derived.ts';
import type { Consortium, Organisation } from '../consortium/schema.ts';
import type { OrganisationKind } from './settings.ts';

/** What each organisation is, in the order of the consortium. */
export const organisationsByKind = (consortium: Consortium): [Organisation, OrganisationKind][] => [
  ...consortium.utilities.map((organisation): [Organisation, OrganisationKind] => [organisation, 'utility']),
  ...consortium.auditors.map((organisation): [Organisation, OrganisationKind] => [organisation, 'auditor']),
  ...activeOrderers(consortium).map((organisation): [Organisation, OrganisationKind] => [
    organisation,
    'ordering',
  ]),
];
