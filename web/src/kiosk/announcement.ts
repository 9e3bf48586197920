import { sentence } from '../shared/format.ts';
import type { Of, State } from './api.ts';
import { refusalText } from './refusal-text.ts';
import type { Speech } from './words/speech.ts';

const offerSaid = ({ offer, driverConsented, askedAgain }: Of<'offer'>, { words, write }: Speech): string => {
  const { quote } = offer;
  const isDeviceFirst = offer.driverConsent === 'required' && !driverConsented;
  return [
    ...(askedAgain ? [words.offer.answerShort] : []),
    words.offer.about(write.money(quote.estimateMicros, quote.currency)),
    isDeviceFirst ? words.offer.deviceFirst : words.offer.acceptToStart,
  ].join(' ');
};

/** One sentence or two for a screen reader when the screen changes. */
export function announcement(state: State, speech: Speech): string {
  const { words, write } = speech;
  switch (state.screen) {
    case 'welcome':
      return words.welcome.ready(words.welcome.reader[state.reader]);
    case 'authorising':
      return words.wait.asking;
    case 'refused': {
      const { message, remedy } = refusalText(state.refusal, speech);
      return `${words.refused.title}. ${message} ${remedy}`;
    }
    case 'offer':
      return offerSaid(state, speech);
    case 'connect':
      return sentence(words.connect.title);
    case 'starting':
      return sentence(words.wait.starting);
    case 'charging': {
      if (state.next === undefined) return sentence(words.charging.title);
      const { quote } = state.next.offer;
      return words.charging.goOnAbout(write.money(quote.estimateMicros, quote.currency));
    }
    case 'parked':
      return words.parked.said;
    case 'stopping':
      return sentence(words.wait.ending);
    case 'bill-later':
      return `${words.bill.over} ${words.bill.ended[state.ended.endReason]} ${words.bill.laterShort}`;
    case 'bill': {
      const { bill } = state;
      const total = words.bill.totalSaid(write.money(bill.totalMicros, bill.currency));
      return `${words.bill.over} ${words.bill.ended[bill.endReason]} ${total}`;
    }
  }
}
