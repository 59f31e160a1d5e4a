/** What the network says about a picture: cosines with each embedding, -1 to 1, and the threshold of each. */
export interface SafetyCosines {
  readonly concepts: ArrayLike<number>
  readonly conceptThresholds: ArrayLike<number>
  readonly specialCare: ArrayLike<number>
  readonly specialCareThresholds: ArrayLike<number>
}

/** A concept by its row in the checkpoint, and how far its cosine lies above the threshold. */
export interface ConceptScore {
  readonly concept: number
  readonly score: number
}

export interface SafetyVerdict {
  /** At least one concept scores above 0. */
  readonly flagged: boolean
  /** The concepts above 0, in the checkpoint's order. */
  readonly concepts: readonly ConceptScore[]
  /** The special-care concepts above 0: they flag nothing by themselves and make the concepts stricter. */
  readonly specialCare: readonly ConceptScore[]
}

/** How much lower every threshold lies once a special-care concept was seen. */
const specialCareAdjustment = 0.01

/**
 * The decision of diffusers' StableDiffusionSafetyChecker: each score is cosine - threshold + adjustment, rounded to
 * three digits; what is above 0 counts. The first special-care concept that counts raises the adjustment from 0 to 0.01,
 * for the special-care concepts after it as for all concepts.
 */
export function judgeCosines(cosines: SafetyCosines): SafetyVerdict {
  const specialCare: ConceptScore[] = []
  let adjustment = 0
  for (let concept = 0; concept < cosines.specialCare.length; concept++) {
    const score = scoreOf(cosines.specialCare[concept]!, cosines.specialCareThresholds[concept]!, adjustment)
    if (score <= 0) continue
    specialCare.push({ concept, score })
    adjustment = specialCareAdjustment
  }
  const concepts = Array.from(cosines.concepts, (cosine, concept) => ({
    concept,
    score: scoreOf(cosine, cosines.conceptThresholds[concept]!, adjustment),
  })).filter(({ score }) => score > 0)
  return { flagged: concepts.length > 0, concepts, specialCare }
}

const scoreOf = (cosine: number, threshold: number, adjustment: number): number =>
  roundHalfEven((cosine - threshold + adjustment) * 1000) / 1000

/** NumPy's `round`: a half goes to the even neighbour. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const part = value - below
  if (part !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}
