import type { Logger } from 'pino'
import type { Adapter, BotAbout, FittedImage, ImageFit } from '../contract/adapter.ts'
import type { ThreadSettings } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { Inference } from '../contract/inference.ts'
import type { Job } from '../contract/job.ts'
import type { Language } from '../contract/language.ts'
import type { Policy } from '../contract/policy.ts'
import type { Observer } from '../contract/observer.ts'
import type { SafetyChecker } from '../contract/safety.ts'
import type { Mutex } from '../conversation/mutex.ts'
import type { Stores } from '../conversation/stores.ts'
import type { Wordings } from '../conversation/wordings.ts'
import type { OptionContext } from './options.ts'
import type { Pauses } from './policy/pauses.ts'
import type { Styles } from './styles.ts'

/** What a picture is, from its own bytes. */
export interface CheckedImage {
  readonly width: number
  readonly height: number
  readonly mediaType: string
}

/** Limits for what one person may send and have waiting. */
export interface Limits {
  /** Characters of a message. */
  readonly textLength: number
  readonly attachments: number
  readonly attachmentBytes: number
  /** Jobs of one person that wait or run. */
  readonly jobsPerPerson: number
  /** Jobs of one person on one day (UTC); 0 is no limit, as in the next two. */
  readonly jobsPerPersonDay: number
  /** Jobs of one server (workspace) that wait or run, and on one day. */
  readonly jobsPerServer: number
  readonly jobsPerServerDay: number
  /** Places at the models that one person holds at the same time. */
  readonly runningPerPerson: number
  /** Jobs that talk, and that draw, at the same time. */
  readonly chatting: number
  readonly drawing: number
}

export const defaultLimits: Limits = {
  textLength: 8000,
  attachments: 4,
  attachmentBytes: 20 << 20,
  jobsPerPerson: 8,
  jobsPerPersonDay: 0,
  jobsPerServer: 0,
  jobsPerServerDay: 0,
  runningPerPerson: 2,
  chatting: 1,
  drawing: 1,
}

export interface BotOptions {
  readonly stores: Stores
  readonly inference: Inference
  readonly about: BotAbout
  /** The words that the language model in force was trained on. */
  readonly wordings: Wordings
  /** Those of the other ones that a thread may choose, by the model's name. */
  readonly otherWordings?: Readonly<Record<string, Wordings>>
  /** Style presets by name. */
  readonly styles: Styles
  readonly log: Logger
  /** Looks at a picture before it is taken. Throws AppError `image/*` for one that is refused. */
  readonly checkImage: (bytes: Uint8Array) => Promise<CheckedImage>
  /** Makes a picture fit what a platform takes (src/image/fit-image.ts). */
  readonly fitImage: (
    bytes: Uint8Array,
    fit: Omit<ImageFit, 'veilSha256'> & { veil?: Uint8Array },
  ) => Promise<FittedImage>
  /** Settings of every drawing, below those of the thread; what is absent is left to the model's preset. */
  readonly defaults?: ThreadSettings
  readonly limits?: Partial<Limits>
  /** Is told what happens, for figures. */
  readonly observer?: Observer
  /** Whether people's words stand in the log, at the level debug. */
  readonly logPrompts?: boolean
  /** Looks at words and drawn pictures; absent: nothing is looked at. */
  readonly safety?: SafetyChecker
  /** Rules where admins have set none. */
  readonly policy?: Partial<Pick<Policy, 'press' | 'nsfw'>>
  /** The language for people whose own is not known; default English. */
  readonly language?: Language
}

/** What the parts of the bot share; the state itself lies in the stores and in the runner. */
export interface BotContext extends Required<Omit<BotOptions, 'limits' | 'otherWordings'>> {
  readonly limits: Limits
  readonly otherWordings?: BotOptions['otherWordings']
  readonly adapters: ReadonlyMap<string, Adapter>
  /** Places where nothing begins for now. */
  readonly pauses: Pauses
  /** One acceptance of a job at a time, so that no limit is passed by two at once. */
  readonly accepting: Mutex
  /** One change of a thread and its jobs at a time. */
  readonly withThread: <T>(threadKey: string, action: () => Promise<T>) => Promise<T>
  /** Milliseconds since the epoch, each time later than the last, so that order can be read from it. */
  readonly now: () => number
}

/** A clock that never gives the same millisecond twice. */
export function createClock(): () => number {
  let last = 0
  return () => (last = Math.max(Date.now(), last + 1))
}

export const optionContext = ({ about, styles, limits }: BotContext): OptionContext => ({
  styles: Object.keys(styles),
  defaultWidth: about.defaults.width,
  defaultHeight: about.defaults.height,
  textLimit: limits.textLength,
  ...(about.offered ? { models: about.offered } : {}),
})

/** The words of the language model that settings choose. */
export const wordingsFor = ({ wordings, otherWordings = {} }: BotContext, { mllm }: ThreadSettings): Wordings =>
  (mllm === undefined ? undefined : otherWordings[mllm]) ?? wordings

/** The words of the language model that a job asks. */
export const wordingsOf = (context: BotContext, { request }: Job): Wordings =>
  wordingsFor(context, 'drawing' in request ? (request.drawing ?? {}) : {})

/** Bytes of a picture, mask or file that a thread shows. Throws AppError `storage/corrupt` when they are gone. */
export async function loadBlob({ blobs }: Pick<Stores, 'blobs'>, sha256: string): Promise<Uint8Array> {
  const bytes = await blobs.read(sha256)
  if (bytes) return bytes
  throw new AppError('storage/corrupt', { message: `the picture ${sha256} is missing from the data folder` })
}
