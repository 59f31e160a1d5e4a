import type { AppErrorData, ErrorCode } from '../contract/errors.ts'

/** What went wrong and what to do next, for the person in the channel; the error's own hint, where it has one, is more precise. */
const sentences: Readonly<Record<ErrorCode, string>> = {
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
}

/** Codes whose message names what the person gave, and so says more than the general sentence. */
const speaksForItself = /^(input|image|access)\//

/** One clear sentence (or two) about an error: what happened, and what to do. */
export function sentenceOf({ code, message, hint, details }: AppErrorData): string {
  if (code.startsWith('weights/')) return aboutFile(sentences[code], details?.['file'])
  if (!speaksForItself.test(code)) return sentences[code]
  return `${asSentence(message)} ${hint ?? sentences[code]}`
}

/** Names the file by its last folder and name: enough to find it, and nothing of the machine's other folders. */
const aboutFile = (sentence: string, file: unknown): string =>
  typeof file === 'string'
    ? sentence.replace('A file of the model', () => `The model's file ${file.split(/[/\\]/).slice(-2).join('/')}`)
    : sentence

function asSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}
