import type { Refusal } from '../refusal.ts'

/** What the checks of words and pictures refuse. */
export const safetyRefusals = {
  wordsNotAllowed: () => ({
    message: 'the bot does not draw or talk about that',
    hint: 'Ask for something else.',
  }),
  promptNotAllowed: () => ({
    message: 'the prompt that came of these words is not allowed',
    hint: 'Say it in other words, or ask for something else.',
  }),
  picturesUnchecked: () => ({
    message: 'pictures must be checked here before they are shown, and no model that checks them is set up',
    hint: 'Whoever runs the bot can name one (LLMGA_SAFETY); an admin can change the rule with /admin nsfw off.',
  }),
} as const satisfies Readonly<Record<string, (values: never) => Refusal>>

/** Said by the checks of pictures. */
export const safety = {
  /** Under a reply: pictures that were drawn and are not shown. */
  withheld: (pictures: number) =>
    pictures === 1
      ? 'A picture was found not safe for work; it is neither shown nor kept here.'
      : `${pictures} pictures were found not safe for work; they are neither shown nor kept here.`,
  /** Beside an admin's new rule, where there is no model to follow it with. */
  missing: {
    off: '',
    blur: 'No model that checks pictures is set up, so nothing is found yet: whoever runs the bot must set LLMGA_SAFETY (docs/safety.md).',
    block:
      'No model that checks pictures is set up, so nothing is drawn here until whoever runs the bot has set LLMGA_SAFETY (docs/safety.md).',
  },
}
