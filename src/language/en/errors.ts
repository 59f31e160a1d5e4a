import type { ErrorCode } from '../../contract/errors.ts'
import type { AllowedValues } from '../allowed-values.ts'

/** What went wrong and what to do next, by code; an error's own words, where a person may see them, are more precise. */
const codes = {
  'config/invalid': 'The bot is set up wrongly; please tell the person who runs it.',
  'config/port-in-use': 'The port is in use; stop the other program or choose another port.',
  'input/empty': 'There is nothing to work on; write what you would like, or send a picture.',
  'input/too-long': 'That text is too long; please send a shorter one.',
  'input/not-text': 'That does not look like text; please write it in plain words, or send it as a picture.',
  'input/unknown-option': 'There is no such option; /help lists those that there are.',
  'input/invalid-option': 'An option has a value that is not allowed; /help says what is.',
  'input/not-found': 'That is not here, or it is not yours.',
  'image/unreadable': 'That file is not a picture that can be read; please send a PNG, JPEG or WebP file.',
  'image/unsupported': 'Pictures of that kind are not supported; please send a still PNG, JPEG or WebP file.',
  'image/too-large': 'That picture is too large; please send a smaller one.',
  'weights/missing': 'A file of the model is missing; the person who runs the bot must restore it.',
  'weights/corrupt': 'A file of the model is damaged; the person who runs the bot must restore it.',
  'weights/shape-mismatch':
    'The files of the model do not fit together; the person who runs the bot must restore them.',
  'weights/hash-mismatch': 'A file of the model has been changed; the person who runs the bot must restore it.',
  'model/unsupported': 'The model in use cannot do that.',
  'model/not-found': 'The model that was asked for is not installed.',
  'model/too-large':
    'The model does not fit into the memory of this machine; ask for a smaller picture, or let whoever runs the bot choose a smaller model or less precision.',
  'hub/unreachable': 'The place where models are downloaded from cannot be reached.',
  'inference/cancelled': 'Cancelled.',
  'inference/worker-crashed': 'The model stopped unexpectedly and was started again; please try once more.',
  'inference/out-of-memory': 'There was not enough memory for that; try a smaller size or fewer pictures.',
  'inference/failed': 'The model could not finish this; please try again.',
  'storage/full': 'The disk of the bot is full or cannot be written; try again when there is room.',
  'storage/newer-version': 'This was written by a newer version of the bot; the bot must be updated to open it.',
  'storage/corrupt': 'Something that was stored here is damaged and was left as it is.',
  'storage/locked': 'Another process uses the data folder; stop it first.',
  'access/denied': 'Only the person who started this thread may do that.',
  'access/limit': 'You have as many jobs waiting as you may have; wait for one to finish, or cancel one.',
  internal: 'Something went wrong in the bot; please try again.',
} as const satisfies Readonly<Record<ErrorCode, string>>

/** The values that an option may have. */
export function allowed(values: AllowedValues): string {
  switch (values.type) {
    case 'number':
      return `a ${values.whole ? 'whole ' : ''}number from ${values.min} to ${values.max}`
    case 'names':
      return values.names
    case 'yes-or-no':
      return 'true or false'
    case 'avoided-words':
      return 'words for what to avoid'
    case 'source-words':
      return 'words for what the picture shows'
    case 'size':
      return `WIDTHxHEIGHT in pixels, each a multiple of 8 from ${values.min} to ${values.max}, such as 512x768`
    case 'ratio':
      return `WIDTH:HEIGHT from 1:${values.most} to ${values.most}:1, such as 16:9`
    case 'amount':
      return 'pixels such as 64, or a share such as 25%'
    case 'loras':
      return 'NAME or NAME:WEIGHT (0 to 2), several with commas, or none'
    case 'weights':
      return 'WORD:WEIGHT (0 to 4), several with commas, such as fox:1.5'
    case 'mask':
      return 'a mask as JSON'
    case 'boxes':
      return 'x,y,width,height in shares of the picture, such as 10%,20%,30%,30%; several with semicolons'
    case 'cells':
      return 'COLUMNSxROWS and cells from 0 along the rows, such as 3x3:0,1,4'
    case 'scale':
      return '1, 2 or 4'
    case 'steps':
      return 'how many steps, a whole number'
  }
}

export const errors = {
  codes,
  /** How a sentence of `codes` speaks of a file, and how when its name is known. */
  someFile: 'A file of the model',
  file: (name: string) => `The model's file ${name}`,
  /** What happened, and what to do: one text. */
  sentence: (message: string, hint: string) => `${ended(message.charAt(0).toUpperCase() + message.slice(1))} ${hint}`,
  allowed,
} as const

const ended = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)
