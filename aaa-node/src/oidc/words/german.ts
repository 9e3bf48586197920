import type { SignInWords } from './english.ts';

export const german: SignInWords = {
  lang: 'de',
  signIn: 'Anmelden',
  login: 'Anmeldename',
  password: 'Passwort',
  cancel: 'Abbrechen',
  wrong: 'Der Anmeldename oder das Passwort ist falsch. Versuchen Sie es noch einmal.',
  wait: 'Zu viele Anmeldungen sind fehlgeschlagen. Warten Sie eine Viertelstunde und versuchen Sie es dann noch einmal.',
  over: 'Zu spät',
  overText: 'Diese Anmeldung ist vorbei. Gehen Sie zurück zur App und beginnen Sie von vorn.',
  letIn: 'Diese App einlassen?',
  allow: 'Erlauben',
  anApp: 'Eine App',
  asks: {
    bills: 'möchte Ihre Ladevorgänge und Rechnungen sehen. Sie kann weder laden noch bezahlen.',
    device:
      'möchte dieses Gerät für Ihr Laden zustimmen lassen. Von da an kann es Preisen zustimmen, die eine Ladestation Ihnen zeigt.',
    booking:
      'möchte für Sie Ladepunkte reservieren und zurückgeben. Was eine Reservierung kostet, zahlt Ihr Versorger; laden kann sie nicht.',
    offline:
      'möchte Marken aufbewahren, mit denen dieses Telefon lädt, wo es kein Netz gibt. Für jede wird Geld zurückgelegt; ihrem Preis stimmen Sie vorher zu.',
    statement: 'möchte Ihren Anteil an den Ladevorgängen Ihrer Stationen sehen. Sie kann nichts ändern.',
  },
  connect: 'Ein Gerät verbinden',
  codeWrong:
    'Dieser Code ist nicht bekannt oder wurde schon benutzt. Prüfen Sie ihn und versuchen Sie es noch einmal.',
  codeAsked: 'Geben Sie den Code ein, den das Gerät zeigt.',
  goOn: 'Weiter',
  yours: 'Ist das Ihr Gerät?',
  yoursText: 'möchte sich mit Ihrem Konto anmelden. Es muss diesen Code zeigen:',
  ifNot: 'Wenn es ihn nicht zeigt oder Sie das nicht wollten, wählen Sie „Abbrechen“.',
  signedIn: 'Angemeldet',
  deviceSignedIn: 'Das Gerät ist angemeldet. Sie können diese Seite schließen.',
  failed: 'Das hat nicht geklappt',
  startAgain: 'Gehen Sie zurück zur App und beginnen Sie von vorn.',
};
