import type { ConversationState, ThreadSettings } from '../contract/conversation.ts'
import type { Download, JobRequest, StoredMask } from '../contract/job.ts'
import { liveImage, promptOf } from '../conversation/images.ts'
import type { Wordings } from '../conversation/wordings.ts'
import type { Sentences } from '../language/sentences.ts'
import type { BotContext } from './context.ts'
import { designs } from './design-kinds.ts'
import { given, imageOf } from './drawing.ts'
import type { DrawingOptions, OptionContext } from './options.ts'
import { sizeOfRatio } from './option-specs.ts'
import { missingPage, missingPicture, noMask } from './missing.ts'
import type { ModelRoute } from './route.ts'
import { randomSeed } from './seed.ts'

/** Pictures that "Variations" draws, how far their noise is from that of the original, and how far they are drawn over. */
export const variationDefaults = { count: 4, strength: 0.3, overdraw: 0.45 }

/** Where a request begins: the thread with the user turn in it, and what the turn is about. */
export interface RequestPlace {
  readonly context: BotContext
  readonly state: ConversationState
  readonly turnId: string
  /** The picture that is worked on. */
  readonly imageId?: string | undefined
  /** The mask that came with the message. */
  readonly mask?: StoredMask | undefined
  readonly downloads?: readonly Download[]
}

/** Settings of one drawing: what was said now, over the thread's, over the bot's. */
export const drawingSettings = (
  { defaults }: BotContext,
  state: ConversationState,
  said: ThreadSettings,
): ThreadSettings => ({ ...defaults, ...state.settings, ...said })

/** What a person's turn shows of a request: their words, or those that stand for a button or a bare command. */
export function wordsOfRoute(route: ModelRoute, wordings: Wordings, asked: Sentences['asked']): string {
  switch (route.kind) {
    case 'chat':
    case 'illustrate':
      return route.text
    case 'imagine':
      return route.wish
    case 'again':
      return asked.again
    case 'page':
      return asked.page(route.page + 1)
    default:
      return route.words === '' ? barewords(route.kind, wordings, asked) : route.words
  }
}

function barewords(
  kind: Exclude<ModelRoute['kind'], 'chat' | 'illustrate' | 'imagine' | 'again' | 'page'>,
  wordings: Wordings,
  asked: Sentences['asked'],
) {
  if (kind === 'inpaint') return wordings.inpaint
  if (kind === 'outpaint') return wordings.outpaint
  if (kind === 'variations') return asked.variations
  return kind === 'restore' ? asked.restore : wordings.similar
}

/** The mask that the options of a command give; undefined where they give none. */
export function maskOfOptions({ mask, shape, grow, feather, invert }: DrawingOptions): StoredMask | undefined {
  const shapes = [...(mask?.shapes ?? []), ...(shape ? [shape] : [])]
  return shapes.length === 0 ? undefined : { ...mask, shapes, ...given({ grow, feather, invert }) }
}

/** The job of a route. Throws AppError `input/*` for what it lacks. */
export function requestOfRoute(route: ModelRoute, place: RequestPlace): JobRequest {
  const { context, state, turnId, downloads = [] } = place
  const { seed = randomSeed(), settings } = route.drawing
  const base = {
    turnId,
    seed,
    drawing: drawingSettings(context, state, settings),
    ...(downloads.length > 0 ? { downloads } : {}),
    ...(route.routed ? { routed: route.routed } : {}),
  }
  switch (route.kind) {
    case 'chat':
      return { kind: 'chat', ...base, ...given({ otherwise: changedPrompt(place, route.change) }) }
    case 'imagine':
      return { kind: 'imagine', wish: route.wish, ...base, ...(route.bare ? { bare: true } : {}) }
    case 'story': {
      const { words, title, pages } = route
      return { kind: 'story', words, title, ...base, ...given({ pages }) }
    }
    case 'page':
      return pageRequest(state, route.page, base)
    case 'illustrate':
      return { kind: 'illustrate', text: route.text, pictures: route.pictures, ...base }
    case 'design':
      return { kind: 'design', design: route.design, words: route.words, ...base, drawing: shapedFor(route, place) }
    default:
      return onPicture(route, place, base)
  }
}

/** The prompt of the current picture with the words that are to make it different. */
function changedPrompt({ state, imageId }: RequestPlace, change: string | undefined): string | undefined {
  const image = change === undefined ? undefined : liveImage(state, imageId)
  const prompt = image && promptOf(state, image)?.prompt
  return prompt === undefined ? undefined : `${prompt}, ${change}`
}

type Base = Omit<Extract<JobRequest, { kind: 'chat' }>, 'kind' | 'design'>
type OnPicture = Exclude<ModelRoute, { kind: 'chat' | 'imagine' | 'story' | 'page' | 'illustrate' | 'design' }>

function onPicture(route: OnPicture, place: RequestPlace, base: Base): JobRequest {
  const { imageId, state } = place
  if (imageId === undefined) throw missingPicture(route.kind)
  const mask = withMaskOptions(place.mask ?? maskOfOptions(route.drawing), route.drawing)
  const { scale, preprocess, start, end, source, wordWeights } = route.drawing
  const { strength } = route.drawing.settings
  if (route.kind === 'again') return { kind: 'redo', turnId: base.turnId, imageId, seed: base.seed }
  if (route.kind === 'variations')
    return { kind: 'variations', ...base, imageId, ...variationsOf(state, imageId, route.drawing.settings) }
  const work = { ...base, imageId, words: route.words }
  switch (route.kind) {
    case 'restyle':
      return { kind: 'restyle', ...work, ...given({ strength }) }
    case 'inpaint':
      if (!mask && !base.downloads) throw noMask()
      return { kind: 'inpaint', ...work, ...given({ mask, strength }) }
    case 'outpaint':
      return { kind: 'outpaint', ...work, growth: route.growth }
    case 'edit':
      return { kind: 'edit', ...work, apply: base.drawing.confirm !== true, ...given({ mask, source, wordWeights }) }
    case 'restore':
      return { kind: 'restore', ...work, scale: scaleOf(scale) }
    case 'subject':
      return { kind: 'subject', ...work, ...given({ scale }) }
    case 'control':
      return { kind: 'control', ...work, ...given({ scale, preprocess, start, end }) }
  }
}

const scaleOf = (scale: number | undefined): 1 | 2 | 4 => (scale === 2 || scale === 4 ? scale : 1)

const withMaskOptions = (mask: StoredMask | undefined, { grow, feather, invert }: DrawingOptions) =>
  mask && { ...mask, ...given({ grow, feather, invert }) }

function variationsOf(state: ConversationState, imageId: string, { count, strength }: ThreadSettings) {
  const image = state.images[imageId]
  const isDrawn = !image || image.recipe?.operation === 'text-to-image'
  const usual = isDrawn ? variationDefaults.strength : variationDefaults.overdraw
  return { count: count ?? variationDefaults.count, strength: strength ?? usual }
}

/** A design has the shape of its kind, unless another one was said. */
function shapedFor(route: Extract<ModelRoute, { kind: 'design' }>, { context, state }: RequestPlace): ThreadSettings {
  const { width, height } = context.about.defaults
  const usual: Pick<OptionContext, 'defaultWidth' | 'defaultHeight'> = { defaultWidth: width, defaultHeight: height }
  const said = drawingSettings(context, state, route.drawing.settings)
  return {
    ...said,
    ...(route.drawing.settings.width === undefined ? sizeOfRatio(designs[route.design].ratio, usual) : {}),
  }
}

/** A page of the newest book of the thread. */
function pageRequest(state: ConversationState, page: number, base: Base): JobRequest {
  const withBook = Object.values(state.turns).filter(({ book }) => book)
  const newest = withBook.reduce<(typeof withBook)[number] | undefined>(
    (last, turn) => (last && last.createdAt > turn.createdAt ? last : turn),
    undefined,
  )
  return pageOfBook(state, newest?.id ?? '', page, base)
}

/** Throws AppError `input/not-found` for a book or a page that is not there. */
export function pageOfBook(state: ConversationState, bookTurnId: string, page: number, base: Base): JobRequest {
  const pages = state.turns[bookTurnId]?.book?.pages ?? []
  const imageId = pages[page]?.imageId
  if (imageId === undefined) throw missingPage(page, pages.length)
  imageOf(state, imageId) // refuses one that was deleted
  return { kind: 'page', bookTurnId, page, ...base }
}
