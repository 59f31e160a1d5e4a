import type { CommandName } from '../contract/incoming.ts'
import { AppError } from '../contract/errors.ts'
import type { DrawingRequest, EncodedImage, MaskSpec, PictureRequest } from '../contract/inference.ts'
import type { Growth } from '../contract/job.ts'
import { drawingBase, given } from '../bot/drawing.ts'
import { maskOptions, readOptions, workOptions, type OptionContext, type OptionValues } from '../bot/options.ts'
import { maskOfOptions } from '../bot/requests.ts'
import { growthSides } from '../bot/route-words/growth.ts'
import { ratioOf } from '../bot/route-words/numbers.ts'
import { randomSeed } from '../bot/seed.ts'
import { loadMask } from '../bot/stored-mask.ts'
import type { Styles } from '../bot/styles.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'

/** Commands that can be given the picture of a subject. */
export const withSubject = ['restyle', 'inpaint', 'outpaint', 'edit'] as const
export type WithSubject = (typeof withSubject)[number]
export const takesSubject = (name: CommandName): name is WithSubject =>
  (withSubject as readonly CommandName[]).includes(name)

/** A picture that is worked on together with the picture of a subject. */
export interface SubjectWork {
  readonly command: WithSubject
  /** The prompt of the whole picture: the language model is not asked. */
  readonly prompt: string
  readonly options: OptionValues
  readonly image: EncodedImage
  readonly size: PixelSize
  readonly maskImage?: EncodedImage | undefined
  readonly subject: EncodedImage
  /** As it was typed: 0 to 4. */
  readonly scale?: string | undefined
}

const growthOptions = ['left', 'top', 'right', 'bottom', 'all']
const allowed = [
  ...workOptions,
  'scale',
  'strength',
  'engine',
  'source',
  'weights',
  'restore',
  ...maskOptions,
  ...growthOptions,
]

/** The request that draws it. Throws AppError `input/*` for options out of range and for what is missing. */
export async function subjectRequest(work: SubjectWork, styles: Styles): Promise<PictureRequest> {
  const { command, prompt, image, subject, size } = work
  if (prompt === '') throw empty('there are no words beside --subject', 'Say what the whole picture is to show.')
  const { ratio, ...others } = work.options
  const options: OptionValues = work.scale === undefined ? others : { ...others, scale: work.scale }
  const context: OptionContext = {
    styles: Object.keys(styles),
    defaultWidth: size.width,
    defaultHeight: size.height,
    textLimit: 10_000,
  }
  const said = readOptions(options, allowed, context)
  const { seed = randomSeed(), settings, source, wordWeights, scale } = said
  const { strength, restore, engine } = settings
  const base: DrawingRequest & { readonly image: EncodedImage } = {
    ...drawingBase({ prompt, drawing: settings, seed, block: 0 }, styles),
    image,
    subject: { image: subject, ...given({ scale }) },
  }
  const mask = await maskOf(work, maskOfOptions(said), said)
  switch (command) {
    case 'restyle':
      return { kind: 'image-to-image', ...base, ...given({ strength }) }
    case 'inpaint':
      if (!mask) throw empty('there is no mask', 'Say what is drawn anew: --mask, --alpha, --box, --stroke or --cells.')
      return { kind: 'inpaint', ...base, mask, ...given({ strength, restore }) }
    case 'outpaint': {
      const sides = Object.entries(said).filter(([name]) => growthOptions.includes(name))
      const growth: Growth = ratio === undefined ? { sides: Object.fromEntries(sides) } : { ratio: readRatio(ratio) }
      return { kind: 'outpaint', ...base, sides: growthSides(growth, size), ...given({ restore }) }
    }
    case 'edit':
      if (source === undefined)
        throw empty('an edit with --subject does not know what the picture shows', 'Say it with --source "a red car".')
      return {
        kind: 'edit',
        ...base,
        sourcePrompt: source,
        ...given({ strength, restore, engine, wordWeights, mask }),
      }
  }
}

async function maskOf(
  { maskImage }: SubjectWork,
  said: ReturnType<typeof maskOfOptions>,
  { grow, feather, invert }: Pick<MaskSpec, 'grow' | 'feather' | 'invert'>,
): Promise<MaskSpec | undefined> {
  if (maskImage) return { shapes: [{ type: 'image', image: maskImage }], ...given({ grow, feather, invert }) }
  return said && loadMask(said, async () => new Uint8Array()) // shapes of the command line hold no stored picture
}

function readRatio(text: string | number | boolean): number {
  const ratio = ratioOf(String(text))
  if (ratio !== undefined) return ratio
  throw new AppError('input/invalid-option', {
    message: `ratio cannot be "${String(text)}"`,
    hint: 'Allowed: WIDTH:HEIGHT from 1:10 to 10:1, such as 16:9.',
  })
}

const empty = (message: string, hint: string) => new AppError('input/empty', { message, hint })
