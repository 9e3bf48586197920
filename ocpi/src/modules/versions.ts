import type { Door } from '../door.ts';
import type { OcpiRoute } from '../edge/handler.ts';
import { notFound } from '../edge/refusal.ts';
import { mayUse } from '../partners/uses.ts';
import { VERSIONS } from '../objects/scalars.ts';

/** Where the modules of a version are. */
export const versionBase = ({ origin }: Door, version: string): string => `${origin()}/ocpi/${version}`;

/** Spec: OCPI 2.2.1 version_information_endpoint. */
export const versionRoutes = (door: Door, modules: readonly OcpiRoute[]): readonly OcpiRoute[] => {
  const listed = new Map(
    modules.flatMap(({ module }) => (module ? [[`${module.identifier} ${module.role}`, module]] : [])),
  );
  return [
    {
      method: 'GET',
      path: 'versions',
      beforeRegistration: true,
      handle: () =>
        Promise.resolve({
          data: VERSIONS.map((version) => ({ version, url: versionBase(door, version) })),
        }),
    },
    {
      method: 'GET',
      path: '**',
      beforeRegistration: true,
      handle({ version, params, caller: { partner } }) {
        if (params.length > 0) return Promise.reject(notFound());
        const base = versionBase(door, version);
        // Who has not registered yet has no roles: all that there is.
        const isKnown = partner.state === 'registered';
        const usable = [...listed.values()].filter((one) => !isKnown || mayUse(partner, one));
        const endpoints = usable.map(({ identifier, role }) => ({
          identifier,
          role,
          url: `${base}/${role.toLowerCase()}/${identifier}`,
        }));
        const credentials = { identifier: 'credentials', url: `${base}/credentials` };
        const both = (['SENDER', 'RECEIVER'] as const).map((role) => ({ ...credentials, role }));
        return Promise.resolve({ data: { version, endpoints: [...both, ...endpoints] } });
      },
    },
  ];
};
