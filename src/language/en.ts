import { answers } from './en/answers.ts'
import { commands } from './en/commands.ts'
import { controls, routes } from './en/controls.ts'
import { discord } from './en/discord.ts'
import { errors } from './en/errors.ts'
import { admin, exported, forget, settingsScopes } from './en/people.ts'
import { refusals } from './en/refusals.ts'
import { asked, replies } from './en/replies.ts'
import { safety } from './en/safety.ts'
import { slack } from './en/slack.ts'

/** English: the catalogue whose form the others have. Sentences of the bot to people, by where they are said. */
export const en = {
  /** How a reply that is being made goes on. */
  progress: {
    queued: (position: number) => (position <= 1 ? 'Next in line' : `Number ${position} in line`),
    thinking: 'Thinking…',
    gettingReady: 'Getting ready to draw…',
    drawing: (step: number, steps: number) => `Drawing, step ${step} of ${steps}`,
    ofPictures: (image: number, images: number) => `picture ${image} of ${images}`,
    elapsed: (seconds: number) => `${seconds} s`,
    remaining: (seconds: number) => `about ${seconds} s left`,
  },
  /** Said by chat adapters beside the bot's own words. */
  chat: {
    understoodAs: (route: string) => `Understood as: ${route}`,
    promptBefore: 'It showed',
    promptAfter: 'It is to show',
    reduced: 'Shown smaller than it is, to fit the limit of this place.',
    sensitive: 'This picture may not be safe for work.',
    more: 'More…',
    menu: {
      again: 'Again…',
      edit: 'More edits…',
      extend: 'Extend…',
      thread: 'Thread…',
      about: 'About…',
    },
    undeliverable: 'The answer could not be posted here.',
  },
  commands,
  controls,
  routes,
  replies,
  asked,
  answers,
  discord,
  errors,
  refusals,
  admin,
  forget,
  settingsScopes,
  exported,
  safety,
  slack,
} as const
