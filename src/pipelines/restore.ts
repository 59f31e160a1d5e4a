import { AppError } from '../contract/errors.ts'
import type { InferenceResult, MaskSpec, PictureDetails, RestoreRequest } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { RestoreScale } from '../families/diffrir/diffrir-config.ts'
import type { DecodedImage } from '../image/decode.ts'
import { featherMask } from '../image/mask-edges.ts'
import { encodeGreyPng, encodePng, recipeKeyword } from '../image/png.ts'
import { readMask } from '../image/read-mask.ts'
import { pasteRegion } from '../image/region.ts'
import { resizeGrey, resizeRgb } from '../image/resize.ts'
import type { GreyImage, RgbImage } from '../image/rgb-image.ts'
import { measureSeam } from '../image/seam.ts'
import { inputHash, invalidOption } from './drawing-plan.ts'
import { changedShare, decodeInput, inputLimits } from './input-picture.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'
import { restoreTiles } from './restore-tiles.ts'
import type { RestoreModel } from './restore-model.ts'
import { createStepClock } from './step-clock.ts'

/** Pixels of a result. */
const maxPixels = 2 ** 26

/**
 * Restores a picture with DiffRIR: all of it, at its own size or enlarged, or only the masked part against the kept one
 * (whose pixels, at its own size, stay bit-exact). An event for each tile; the picture as a PNG that holds its recipe.
 * Throws AppError `input/invalid-option` for a scale that the model has no network for, `image/too-large` for a result
 * over the limit, and what decoding and masks throw.
 */
export async function* restore(
  request: RestoreRequest,
  model: RestoreModel,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const begin = performance.now()
  const { scale = 1, seed } = request
  // A request may come from the recipe in a file, which anyone can have written.
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw invalidOption(`the seed ${seed} is not a whole number`, 'Choose a seed of 0 or more.')
  const picture = await decodeInput(request.image)
  checkResult(picture, scale)
  const asked = request.mask && (await softMask(request.mask, picture))
  await context.turn()
  const network = await model.network(scale)
  const large = enlarge(picture, asked?.mask, scale)
  const { tiles } = model.settings
  const run = restoreTiles(
    network,
    { drawn: picture, ...(large.mask && { kept: { picture: large.picture, mask: marked(large.mask) } }) },
    { seed, turn: () => context.turn(), ...(tiles && { tiles }) },
  )
  const clock = createStepClock(1).picture(0)
  let next = await run.next()
  for (; !next.done; next = await run.next()) yield { type: 'step', ...clock.step(next.value.done - 1, next.value.all) }
  const image = large.mask ? pasteRegion(large.picture, large.mask, whole(large.mask), next.value) : next.value
  const recipe = recipeOf(request, model, image, { steps: network.config.timesteps, maskPng: asked?.png })
  const png = await encodePng(image, { text: { [recipeKeyword]: JSON.stringify(recipe), Software: 'llmga-bot' } })
  const details = detailsOf(large, image, { scale, maskPng: asked?.png })
  yield { type: 'image', image: { index: 0, png, width: image.width, height: image.height, recipe, details } }
  return { timings: { totalMs: performance.now() - begin } }
}

/** The mask that is restored in, softened, and as recipes and details name it: a grey PNG, not softened. */
async function softMask(spec: MaskSpec, picture: DecodedImage): Promise<{ mask: GreyImage; png: Uint8Array }> {
  const hard = await readMask(spec, picture, inputLimits)
  return { mask: featherMask(hard, spec.feather ?? 0), png: await encodeGreyPng(hard) }
}

function checkResult({ width, height }: RgbImage, scale: RestoreScale): void {
  const pixels = width * height * scale ** 2
  if (pixels <= maxPixels) return
  throw new AppError('image/too-large', {
    message: `${width} x ${height} pixels enlarged ${scale} times are ${pixels} pixels, the limit is ${maxPixels}`,
    hint: 'Choose a smaller enlargement or a smaller picture.',
  })
}

interface Enlarged {
  readonly picture: RgbImage
  readonly mask?: GreyImage
}

function enlarge(picture: RgbImage, mask: GreyImage | undefined, scale: RestoreScale): Enlarged {
  const [width, height] = [picture.width * scale, picture.height * scale]
  return {
    picture: resizeRgb(picture, width, height, 'lanczos'),
    ...(mask && { mask: resizeGrey(mask, width, height, 'bilinear') }),
  }
}

/** What a softened mask touches is not kept. */
const marked = (mask: GreyImage): GreyImage => ({ ...mask, data: mask.data.map((value) => (value === 0 ? 0 : 255)) })
const whole = ({ width, height }: GreyImage) => ({ left: 0, top: 0, width, height })

/** An enlarged picture has no pixels of its own to compare with. */
function detailsOf(
  { picture, mask }: Enlarged,
  image: RgbImage,
  { scale, maskPng }: { readonly scale: RestoreScale; readonly maskPng: Uint8Array | undefined },
): PictureDetails {
  return {
    ...(scale === 1 && { changedShare: changedShare(picture, image) }),
    ...(mask && { seam: { before: measureSeam(picture, mask), after: measureSeam(image, mask) } }),
    ...(maskPng && { maskPng }),
  }
}

/** No words are asked and no guidance is given: what all recipes hold says what the prior's diffusion amounts to. */
function recipeOf(
  { image, scale = 1, seed, mask }: RestoreRequest,
  { identity, versions }: RestoreModel,
  { width, height }: RgbImage,
  { steps, maskPng }: { readonly steps: number; readonly maskPng: Uint8Array | undefined },
): Recipe {
  return {
    version: 1,
    operation: 'restore',
    prompt: '',
    negativePrompt: '',
    seed,
    index: 0,
    sampler: 'ddpm',
    steps,
    guidanceScale: 1,
    width,
    height,
    inputs: { image: inputHash(image), ...(maskPng && { mask: inputHash(maskPng) }) },
    ...(mask?.feather === undefined ? {} : { feather: mask.feather }),
    restore: { scale },
    models: { restore: identity },
    versions,
  }
}
