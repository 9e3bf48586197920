/** A partner outside the consortium, by OCPI, and stations on the street, by OCPP. */
export { ocpiReport, type OcpiReport } from './report.ts';
export { runOcpi } from './run-ocpi.ts';
