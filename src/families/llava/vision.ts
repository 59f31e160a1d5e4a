import { Graph, type Value } from '../../graph/graph.ts'
import { linear } from '../../graph/modules.ts'
import { activations, concat, slice } from '../../graph/ops.ts'
import { clipPreprocess, type ClipPreprocessMode } from '../../image/clip-preprocess.ts'
import type { RgbImage } from '../../image/rgb-image.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { FloatTensor } from '../../tensor/tensor.ts'
import { clipVisionStates, pixelInput } from '../clip/vision-tower.ts'
import type { LanguageModelVision } from '../decoder/language-model.ts'
import type { VisionPlan } from './vision-plan.ts'

/** How a picture becomes a square: padded with the CLIP mean colour, stretched, or cropped in the middle. */
export type ImageMode = 'pad' | 'stretch' | 'crop'

const preprocessMode: Readonly<Record<ImageMode, ClipPreprocessMode>> = {
  pad: 'pad',
  stretch: 'llmga_stretch',
  crop: 'crop',
}

export interface LlavaVision extends LanguageModelVision {
  /** A picture as the tower takes it: float32 [1, 3, s, s]. */
  preprocess(image: RgbImage): FloatTensor
  /** The tower's chosen states [b, n, features] and their projection [b, n, decoder width]. */
  encodePixels(pixels: FloatTensor): Promise<{ readonly features: FloatTensor; readonly projected: FloatTensor }>
}

/** Loads tower and projector as one graph. */
export async function loadLlavaVision(plan: VisionPlan, imageMode: ImageMode, runtime: Runtime): Promise<LlavaVision> {
  const session = await runtime.load(llavaVisionGraph(plan))
  const preprocess = (image: RgbImage): FloatTensor => {
    const pixels = clipPreprocess(image, plan.preprocessor, preprocessMode[imageMode])
    return { ...pixels, shape: [1, ...pixels.shape] }
  }
  const encodePixels = async (pixels: FloatTensor) => {
    const { features, projected } = (await session.run({ pixels })) as Record<string, FloatTensor>
    return { features: features!, projected: projected! }
  }
  const { image_size: size, patch_size: patch } = plan.tower
  return {
    rowsPerImage: Math.floor(size / patch) ** 2 + (plan.keepsClassToken ? 1 : 0),
    preprocess,
    encodePixels,
    encode: async (image) => (await encodePixels(preprocess(image))).projected.data,
    release: () => session.release(),
  }
}

/** Input: pixels [b, 3, s, s]. Outputs: features [b, n, tower width * states], projected [b, n, decoder width]. */
function llavaVisionGraph({ tower, towerWeights, states, keepsClassToken, ...plan }: VisionPlan): Graph {
  const g = new Graph('LLaVA vision')
  const all = clipVisionStates(g, pixelInput(g, tower), towerWeights, tower, Math.max(...states))
  const chosen = states.map((state) => {
    const rows = all[state]!
    return keepsClassToken ? rows : slice(g, rows, 1, 1, rows.shape[1] as number)
  })
  const features = chosen.length === 1 ? chosen[0]! : concat(g, chosen, -1)
  g.output('features', features)
  g.output('projected', projected(g, features, plan))
  return g
}

/** Linear layers with an activation between them. */
function projected(g: Graph, x: Value, plan: Pick<VisionPlan, 'projector' | 'projectorActivation'>): Value {
  const between = activations[plan.projectorActivation]!
  return plan.projector.reduce((rows, w, i) => linear(g, i === 0 ? rows : between(g, rows), w), x)
}
