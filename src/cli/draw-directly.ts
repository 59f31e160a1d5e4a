import { showProgress } from '../../adapters/terminal/progress-line.ts'
import type { Config } from '../../config/schema.ts'
import { AppError } from '../contract/errors.ts'
import type { GeneratedImage, PictureRequest } from '../contract/inference.ts'
import { offeredNames } from '../inference/offered-models.ts'
import { onInterrupt } from './interrupts.ts'
import { tell } from './output.ts'

export type OfferedNames = ReturnType<typeof offeredNames>

/**
 * Draws without a thread and without the language model; progress goes to stderr, Ctrl-C cancels. `requestFor` is told
 * the names of the models that there are. Throws AppError as pipelines do.
 */
export async function drawDirectly(
  config: Config,
  requestFor: (models: OfferedNames) => PictureRequest,
): Promise<readonly GeneratedImage[]> {
  const { composeInference, createLog } = await import('../compose.ts') // the models' side is large
  const { models, inference } = composeInference(config, createLog(config))
  const controller = new AbortController()
  const stopListening = onInterrupt(() => controller.abort())
  try {
    const images: GeneratedImage[] = []
    for await (const event of inference.run(requestFor(offeredNames(models)), { signal: controller.signal })) {
      if (event.type === 'image') images.push(event.image)
      if (event.type === 'error') throw AppError.fromJSON(event.error)
      if (event.type === 'step' && process.stderr.isTTY)
        process.stderr.write(`\r\u001b[2K${showProgress({ phase: 'drawing', block: 0, ...event }, { bar: true })}`)
    }
    if (process.stderr.isTTY) tell('')
    return images
  } finally {
    stopListening()
    await inference.stop()
  }
}
