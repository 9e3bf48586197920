/** What the pages say that a person sees while signing in. The other languages have the same entries, or do not compile. */
export const english = {
  lang: 'en',
  signIn: 'Sign in',
  login: 'Login',
  password: 'Password',
  cancel: 'Cancel',
  wrong: 'The login or the password is wrong. Try again.',
  wait: 'Too many sign-ins went wrong. Wait a quarter of an hour, then try again.',
  over: 'Too late',
  overText: 'This sign-in is over. Go back to the app and start again.',
  letIn: 'Let this app in?',
  allow: 'Allow',
  anApp: 'An app',
  /** What an app may ask for, after the app's name. */
  asks: {
    bills: 'asks to see your charging sessions and bills. It cannot charge or pay.',
    device:
      'asks to make this device sign for your charging. From then on it can agree to prices that a station shows you.',
    booking:
      'asks to book charging outlets for you and to give them back. Your utility pays what a booking costs; it cannot charge.',
    offline:
      'asks to keep tokens with which this phone charges where nobody hears of anything. Money is put aside for each; you agree to its price first.',
    statement: 'asks to see your share of the sessions at your stations. It cannot change anything.',
  },
  connect: 'Connect a device',
  codeWrong: 'That code is not known or was used. Check it and try again.',
  codeAsked: 'Enter the code that the device shows.',
  goOn: 'Continue',
  yours: 'Is this your device?',
  yoursText: 'asks to sign in with your account. It must show this code:',
  ifNot: 'If it does not, or you did not ask for it, choose Cancel.',
  signedIn: 'Signed in',
  deviceSignedIn: 'The device is signed in. You can close this page.',
  failed: 'That did not work',
  startAgain: 'Go back to the app and start again.',
};
export type SignInWords = typeof english;
