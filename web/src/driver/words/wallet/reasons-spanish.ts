import type { TapReason } from '../../wallet/tap-reasons.ts';

export const TAP_REASONS_ES: Readonly<Record<TapReason, string>> = {
  IN_USE: 'Aquí hay otra carga en marcha. Espere a que termine o vaya a otro punto.',
  NOT_PLUGGED: 'Enchufe antes el coche y toque de nuevo.',
  NOT_LOCKED: 'El cable no se pudo bloquear. Sáquelo, empújelo con fuerza e inténtelo de nuevo.',
  FAULTY: 'El punto de carga está averiado. Vaya a otro.',
  VAULT_FULL:
    'El cargador guarda tantas cargas como puede. Abra el monedero con red y toque de nuevo: puede hacer sitio.',
  NOT_YOURS: 'Otro teléfono inició esta carga. Termínela con ese.',
  NOTHING_RUNS: 'Aquí ya no hay ninguna carga en marcha. Llévese su registro.',
  CLOCK_LOST: 'El cargador no sabe qué hora es. Conecte el teléfono a una red e inténtelo de nuevo.',
  ISSUER_UNKNOWN: 'El cargador no conoce todavía a su compañía. Vaya a otro punto.',
  TOKEN_ALTERED: 'Este vale está dañado. Obtenga otro.',
  TOKEN_REVOKED: 'Su compañía retiró este vale. Obtenga otro.',
  TOKEN_OTHER_CHARGER: 'Este vale es para otro punto de carga. Vaya allí u obtenga uno para este.',
  TOKEN_NOT_YET: 'Este vale todavía no sirve. Toque de nuevo cuando empiece su tiempo.',
  TOKEN_EXPIRED: 'Este vale ha caducado. Obtenga otro.',
  TOKEN_SPENT: 'Este vale ya se usó aquí. Obtenga otro.',
  TOKEN_OVER_ENERGY: 'Al vale le queda menos energía de la que cree el teléfono. Obtenga otro.',
  TOKEN_OVER_COST: 'Al vale le queda menos dinero del que cree el teléfono. Obtenga otro.',
  OTHER_CHARGER: 'Este es otro punto de carga que el del vale. Acerque el teléfono a aquel.',
  CHARGER_OPERATOR_UNKNOWN:
    'Nadie que este teléfono conozca responde por este cargador. Abra el monedero con red y toque de nuevo.',
  CHARGER_CERTIFICATE_FORGED: 'Este cargador no es lo que dice. No cargue aquí y avise a su compañía.',
  CHARGER_CERTIFICATE_OUT_OF_DATE:
    'Nadie responde hoy por este cargador. ¿Va bien el reloj de este teléfono? Si es así, vaya a otro punto.',
  CHALLENGE_FORGED: 'Este cargador no es lo que dice. No cargue aquí y avise a su compañía.',
  OUTSIDE_HOURS: 'El lugar está cerrado ahora. Vuelva en su horario.',
  OTHER_LOCATION: 'Este cargador es solo para la gente de su lugar. Vaya a otro.',
  DRIVER_NOT_KNOWN: 'Este cargador es privado y no le conoce. Vaya a otro.',
  RESERVED_BY_OTHER: 'Otra persona lo reservó para ahora. Vuelva más tarde o vaya a otro punto.',
  NO_RESERVATION: 'Hay que reservar antes este cargador. Resérvelo con red.',
  SESSIONS_A_DAY: 'Hoy ya ha cargado aquí tantas veces como se puede. Vuelva mañana.',
  PRICE_OTHER: 'El precio aquí es otro ahora. Obtenga otro vale.',
  OUTSIDE_SLOT: 'Su tiempo aquí ha terminado, y con él su carga. Llévese su registro.',
  OTHER: 'El teléfono y el cargador no se entienden. Toque de nuevo o vaya a otro punto.',
};
