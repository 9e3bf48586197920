import type { TapReason } from '../../wallet/tap-reasons.ts';

export const TAP_REASONS_DE: Readonly<Record<TapReason, string>> = {
  IN_USE:
    'Hier läuft ein anderer Ladevorgang. Warten Sie, bis er endet, oder nehmen Sie einen anderen Ladepunkt.',
  NOT_PLUGGED: 'Stecken Sie zuerst das Auto an, dann tippen Sie noch einmal.',
  NOT_LOCKED:
    'Das Kabel ließ sich nicht verriegeln. Ziehen Sie es heraus, stecken Sie es fest ein und versuchen Sie es noch einmal.',
  FAULTY: 'Der Ladepunkt ist außer Betrieb. Nehmen Sie einen anderen.',
  VAULT_FULL:
    'Die Ladestation bewahrt so viele Ladevorgänge auf, wie sie kann. Öffnen Sie die Geldbörse mit Netz, dann tippen Sie noch einmal: Das kann Platz schaffen.',
  GO_ONLINE:
    'Auf diesem Telefon ist zu wenig übrig. Öffnen Sie die Geldbörse mit Netz und holen Sie ein Token.',
  CREDIT_TOO_LITTLE: 'Dieses Token hat weniger Geld übrig, als das kosten kann. Holen Sie ein anderes.',
  CREDIT_CLOSED: 'Ihr Versorger hat zurückgenommen, was von diesem Token übrig war. Holen Sie ein anderes.',
  NOT_YOURS: 'Ein anderes Telefon hat diesen Ladevorgang begonnen. Beenden Sie ihn mit jenem.',
  NOTHING_RUNS: 'Hier läuft kein Ladevorgang mehr. Nehmen Sie seinen Datensatz mit.',
  CLOCK_LOST:
    'Die Ladestation weiß nicht, wie spät es ist. Verbinden Sie das Telefon mit einem Netz und versuchen Sie es noch einmal.',
  ISSUER_UNKNOWN: 'Die Ladestation kennt Ihren Versorger noch nicht. Nehmen Sie einen anderen Ladepunkt.',
  TOKEN_ALTERED: 'Dieses Token ist beschädigt. Holen Sie ein anderes.',
  TOKEN_REVOKED: 'Ihr Versorger hat dieses Token zurückgenommen. Holen Sie ein anderes.',
  TOKEN_OTHER_CHARGER:
    'Dieses Token ist für einen anderen Ladepunkt. Gehen Sie dorthin, oder holen Sie eines für diesen.',
  TOKEN_NOT_YET: 'Dieses Token gilt noch nicht. Tippen Sie noch einmal, wenn seine Zeit begonnen hat.',
  TOKEN_EXPIRED: 'Dieses Token ist abgelaufen. Holen Sie ein anderes.',
  TOKEN_SPENT: 'Dieses Token wurde hier schon benutzt. Holen Sie ein anderes.',
  TOKEN_OVER_ENERGY: 'Das Token hat weniger Energie übrig, als das Telefon glaubt. Holen Sie ein anderes.',
  TOKEN_OVER_COST: 'Das Token hat weniger Geld übrig, als das Telefon glaubt. Holen Sie ein anderes.',
  OTHER_CHARGER: 'Das ist ein anderer Ladepunkt als der des Tokens. Halten Sie das Telefon an jenen.',
  CHARGER_OPERATOR_UNKNOWN:
    'Niemand, den dieses Telefon kennt, bürgt für diese Ladestation. Öffnen Sie die Geldbörse mit Netz, dann tippen Sie noch einmal.',
  CHARGER_CERTIFICATE_FORGED:
    'Diese Ladestation ist nicht, was sie sagt. Laden Sie hier nicht, und melden Sie es ihrem Versorger.',
  CHARGER_CERTIFICATE_OUT_OF_DATE:
    'Heute bürgt niemand für diese Ladestation. Geht die Uhr dieses Telefons richtig? Wenn ja, nehmen Sie einen anderen Ladepunkt.',
  CHALLENGE_FORGED:
    'Diese Ladestation ist nicht, was sie sagt. Laden Sie hier nicht, und melden Sie es ihrem Versorger.',
  WITHDRAWN:
    'Diese Ladestation ist für eine Weile für alle gesperrt. Kommen Sie später wieder, oder nehmen Sie einen anderen Ladepunkt.',
  TOKEN_AT_NEIGHBOUR:
    'Eine Ladestation in der Nähe startet gerade mit diesem Token. Tippen Sie gleich noch einmal.',
  OUTSIDE_HOURS: 'Der Ort ist jetzt geschlossen. Kommen Sie zu seinen Zeiten wieder.',
  OTHER_LOCATION: 'Diese Ladestation ist nur für die Leute ihres Ortes. Nehmen Sie eine andere.',
  DRIVER_NOT_KNOWN: 'Diese Ladestation ist privat und kennt Sie nicht. Nehmen Sie eine andere.',
  RESERVED_BY_OTHER:
    'Jemand anders hat sie jetzt reserviert. Kommen Sie später wieder, oder nehmen Sie einen anderen Ladepunkt.',
  NO_RESERVATION: 'Diese Ladestation muss man zuerst reservieren. Reservieren Sie sie mit Netz.',
  SESSIONS_A_DAY: 'Sie haben hier heute so oft geladen, wie man darf. Kommen Sie morgen wieder.',
  PRICE_OTHER: 'Der Preis ist hier jetzt ein anderer. Holen Sie ein anderes Token.',
  OUTSIDE_SLOT: 'Ihre Zeit hier ist vorbei, und Ihr Ladevorgang damit. Nehmen Sie seinen Datensatz mit.',
  OTHER:
    'Telefon und Ladestation verstehen einander nicht. Tippen Sie noch einmal, oder nehmen Sie einen anderen Ladepunkt.',
};
