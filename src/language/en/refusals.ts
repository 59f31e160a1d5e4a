import type { AllowedValues } from '../allowed-values.ts'
import type { Refusal } from '../refusal.ts'
import { allowed as allowedText } from './errors.ts'
import { policyRefusals } from './policy-refusals.ts'
import { safetyRefusals } from './safety.ts'

/** A name that was not known: what there is, and what was perhaps meant. */
interface Unknown {
  readonly name: string
  readonly names: string
  readonly meant?: string | undefined
}

const didYouMean = (meant: string | undefined, rest: string) =>
  meant === undefined ? rest : `Did you mean ${meant}? ${rest}`
const quoted = (text: string | undefined) => (text === undefined ? undefined : `"${text}"`)

const askAgain = 'Ask for it once more.'
const sendSmaller = 'Send a smaller one.'

/** Why the bot refuses, and what to do: the words of errors that `refuse` makes. */
export const refusals = {
  // Words
  emptyMessage: () => ({
    message: 'the message is empty',
    hint: 'Write what you would like to see, or send a picture.',
  }),
  emptyPrompt: () => ({ message: 'the prompt is empty', hint: 'Say what to draw.' }),
  emptyChange: () => ({ message: 'no words say what should change', hint: 'Say it.' }),
  emptyTitle: () => ({ message: 'the title is empty', hint: 'Write a title.' }),
  textTooLong: ({ length, limit }: { readonly length: number; readonly limit: number }) => ({
    message: `that text has ${length} characters; ${limit} are allowed`,
    hint: 'Send a shorter one.',
  }),
  strangeCharacter: ({ character }: { readonly character: string }) => ({
    message: `that does not look like text: it holds the character ${character}`,
    hint: 'Write it in plain words; pictures are sent as files.',
  }),
  notUtf8: () => ({
    message: 'that does not look like text: it holds bytes that are no text in UTF-8',
    hint: 'Write it in plain words; pictures are sent as files.',
  }),

  // Commands and options
  unknownCommand: ({ name, names, meant }: Unknown) => ({
    message: `there is no command "/${name}"`,
    hint: didYouMean(meant && `/${meant}`, `The commands are ${names}.`),
  }),
  unknownOption: ({ name, names, meant }: Unknown) => ({
    message: `there is no option "${name}"`,
    hint: didYouMean(quoted(meant), names === '' ? 'This command takes no options.' : `The options are ${names}.`),
  }),
  invalidOption: ({
    name,
    value,
    allowed,
    meant,
  }: {
    readonly name: string
    readonly value: string
    readonly allowed: AllowedValues
    readonly meant?: string | undefined
  }) => ({
    message: `${name} cannot be "${value}"`,
    hint: didYouMean(quoted(meant), `Allowed: ${allowedText(allowed)}.`),
  }),
  imagineNeedsWish: () => ({
    message: 'there is no wish after /imagine',
    hint: 'Say what to draw: /imagine a red fox in the snow.',
  }),
  editNeedsWords: () => ({
    message: 'there are no words after /edit',
    hint: 'Say what should change: /edit make the fox blue.',
  }),
  subjectNeedsWords: () => ({
    message: 'there are no words after /subject',
    hint: 'Say where it is to be: /subject it on the beach.',
  }),
  controlNeedsWords: () => ({
    message: 'there are no words after /control',
    hint: 'Say what is to be drawn along the outlines: /control a blue house.',
  }),
  storyNeedsTopic: () => ({
    message: 'there is no topic after /story',
    hint: 'Say what it is about: /story a fox --pages 3.',
  }),
  illustrateNeedsText: () => ({
    message: 'there is no text after /illustrate',
    hint: 'Paste the text: /illustrate Once upon a time …',
  }),
  designNeedsKind: ({ kinds }: { readonly kinds: string }) => ({
    message: 'what is to be designed is not said',
    hint: `Name it first: /design logo for a flower shop. Kinds: ${kinds}.`,
  }),
  designNeedsTopic: () => ({
    message: 'there is no topic after /design',
    hint: 'Say what it is for: /design logo for a flower shop.',
  }),
  noGrowth: () => ({
    message: 'the picture would not grow: it has this shape already',
    hint: 'Name a side or another ratio: /outpaint right, /outpaint 16:9.',
  }),

  // Pictures, masks and files
  needsPicture: ({ what }: { readonly what: string }) => ({
    message: `${what} needs a picture, and this thread has none`,
    hint: 'Send one, or have one drawn first.',
  }),
  noPictureYet: () => ({
    message: 'this thread has no picture yet',
    hint: 'Have one drawn first: /imagine a red fox.',
  }),
  pictureGone: () => ({ message: 'that picture is not there any more', hint: 'Choose another one.' }),
  answeredPictureGone: () => ({
    message: 'the picture that this answers is not there any more',
    hint: 'Choose another one.',
  }),
  pictureUploaded: () => ({
    message: 'that picture was uploaded, not drawn here',
    hint: 'Ask for a similar one with /similar.',
  }),
  pictureUnfinished: () => ({
    message: 'what that picture belongs to is still being made',
    hint: 'Wait until it is done.',
  }),
  nothingToCompare: () => ({
    message: 'there is no other picture to compare this one with',
    hint: 'Change it first, or have another one drawn.',
  }),
  noMask: () => ({
    message: 'there is no mask: what is to be drawn anew?',
    hint: 'Mark it with Inpaint…, send a second picture that is white there, or give --boxes or --cells.',
  }),
  badMask: ({ why }: { readonly why: string }) => ({
    message: `that is no mask (${why})`,
    hint: 'Draw it in the mask editor, or send a picture that is white where it is to be drawn anew.',
  }),
  maskNotJson: () => ({
    message: 'that is no mask (it is not JSON)',
    hint: 'Draw it in the mask editor, or send a picture that is white where it is to be drawn anew.',
  }),
  maskTooLarge: ({ size, limit }: { readonly size: number; readonly limit: number }) => ({
    message: `the mask has ${size} bytes; ${limit} are allowed`,
    hint: sendSmaller,
  }),
  fileTooLarge: ({ name, size, limit }: { readonly name: string; readonly size: number; readonly limit: number }) => ({
    message: `"${name}" has ${size} bytes; ${limit} are allowed`,
    hint: sendSmaller,
  }),
  fileEmpty: ({ name }: { readonly name: string }) => ({
    message: `"${name}" is empty (0 bytes)`,
    hint: 'Send the file again.',
  }),
  fileIsLink: ({ name }: { readonly name: string }) => ({
    message: `"${name}" was sent as a link`,
    hint: 'Send the picture itself.',
  }),
  linksNotFetched: () => ({ message: 'files behind links are not fetched here' }),
  tooManyFiles: ({ count, limit }: { readonly count: number; readonly limit: number }) => ({
    message: `${count} files in one message are too many; ${limit} are allowed`,
    hint: 'Send fewer at a time.',
  }),
  modelSawNothing: () => ({
    message: 'the language model wrote no prompt for what the picture shows',
    hint: 'Say it in your own words: --source "a red fox in the snow".',
  }),
  modelFilledNothing: () => ({
    message: 'the language model wrote no prompt for this picture',
    hint: 'Say in your own words what it is to show.',
  }),

  ...policyRefusals,
  ...safetyRefusals,

  // Threads and what is going on in them
  threadOfOther: () => ({ message: 'this thread belongs to somebody else', hint: 'Start a thread of your own.' }),
  noThread: () => ({ message: 'there is no such thread', hint: 'It may have been deleted.' }),
  threadGone: () => ({ message: 'the thread of this job is gone' }),
  noAction: ({ action }: { readonly action: string }) => ({
    message: `there is no action "${action}"`,
    hint: 'Reload the thread and use its buttons.',
  }),
  noBook: () => ({
    message: 'there is no storybook in this thread',
    hint: 'Have one written first: /story a fox --pages 3.',
  }),
  noPage: ({ page, pages }: { readonly page: number; readonly pages: number }) => ({
    message: `there is no page ${page} with a picture`,
    hint: `The book has ${pages} pages.`,
  }),
  editGone: () => ({ message: 'that edit is not there any more', hint: askAgain }),
  promptGone: () => ({ message: 'that prompt is not there any more' }),
  wordsGone: () => ({ message: 'what was asked for is not there any more' }),
  nothingToUndo: () => ({ message: 'there is nothing to take back', hint: 'This is the beginning of the thread.' }),
  nothingToRedo: () => ({ message: 'there is nothing to bring back', hint: 'This is the newest exchange.' }),
  undoneAlready: () => ({ message: 'that has been taken back already', hint: 'There is nothing to undo.' }),
  nothingGoesOn: () => ({ message: 'nothing is going on in this thread', hint: 'There is nothing to cancel.' }),
  endedAlready: () => ({ message: 'that has ended already', hint: 'There is nothing to cancel.' }),
  nothingToRetry: () => ({ message: 'there is nothing to try again', hint: askAgain }),
  tooManyJobs: ({ open, limit }: { readonly open: number; readonly limit: number }) => ({
    message: `you have ${open} jobs waiting or running, and ${limit} are allowed`,
    hint: 'Wait for one to finish, or cancel one.',
  }),
} as const satisfies Readonly<Record<string, (values: never) => Refusal>>
