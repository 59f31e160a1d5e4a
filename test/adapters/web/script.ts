import type { ImageNode } from '../../../src/contract/conversation.ts'
import type { JobState } from '../../../src/contract/job.ts'
import type { Control, OutgoingImage, Part } from '../../../src/contract/outgoing.ts'
import type { Recipe } from '../../../src/contract/recipe.ts'
import { drawScene, sha256Of } from './scene.ts'

export type Stage = 'queued' | 'thinking' | 'writing' | 'drawing'

export interface DrawnScene {
  readonly node: Pick<ImageNode, 'id' | 'sha256' | 'mediaType' | 'width' | 'height'> & { readonly recipe: Recipe }
  readonly bytes: Uint8Array
}

/** One state of a scripted reply. */
export interface Beat {
  readonly state: JobState
  readonly parts: readonly Part[]
  /** Tests may have the script wait here. */
  readonly stage?: Stage
  /** What was drawn, with the last state. */
  readonly images?: readonly DrawnScene[]
  /** Masks and files that the parts name. */
  readonly blobs?: readonly Uint8Array[]
}

const sentence = 'Sure! Here is a picture of what you asked for, drawn with care:'
const steps = 10

/**
 * The states of a reply to `words`: waiting, thinking, words, a prompt, ten steps with previews, a picture (four for
 * "four"). "fail" ends in an error after the words. `seed` makes the picture.
 */
export function* script(words: string, jobId: string, seed: number): Generator<Beat, void> {
  yield { state: 'queued', stage: 'queued', parts: [{ type: 'progress', progress: { phase: 'queued', position: 2 } }] }
  yield { state: 'running', stage: 'thinking', parts: [{ type: 'progress', progress: { phase: 'thinking' } }] }
  for (let end = 4; end < sentence.length; end += 6) {
    const parts: Part[] = [{ type: 'text', text: sentence.slice(0, end), streaming: true }]
    yield { state: 'running', parts, ...(end > 30 && { stage: 'writing' }) }
  }
  if (words.includes('fail')) {
    yield failure(jobId)
    return
  }
  const prompt = `a big ${words.replace(/^draw an? /, '')} in the center, cartoon style`
  const said: Part[] = [
    { type: 'text', text: sentence, streaming: false },
    { type: 'prompt', block: 0, text: prompt, streaming: false },
  ]
  const count = words.includes('four') ? 4 : 1
  for (let step = 0; step <= steps; step++) {
    const parts = [...said, progressAt(step, count, seed)]
    yield { state: 'running', parts, ...(step === 6 && { stage: 'drawing' }) }
  }
  const images = Array.from({ length: count }, (_, index) => drawn(words, prompt, jobId, seed, index))
  const shown = images.map(({ node: { id, ...node } }): OutgoingImage => ({ imageId: id, ...node, alt: prompt }))
  const controls = [
    editControl(jobId, prompt),
    ...images.flatMap(({ node }, index) => imageControls(node.id, count > 1 ? ` ${index + 1}` : '')),
  ]
  const end: Part[] = [
    { type: 'images', block: 0, images: shown },
    { type: 'controls', controls },
  ]
  yield { state: 'done', parts: [...said, ...end], images }
}

function failure(jobId: string): Beat {
  const error = { code: 'inference/worker-crashed', message: 'signal SIGSEGV', retryable: true } as const
  const told = 'The model stopped unexpectedly and was started again; please try once more.'
  const retry: Control = { actionId: `retry:${jobId}`, label: 'Try again', style: 'primary' }
  const parts: Part[] = [
    { type: 'text', text: sentence, streaming: false },
    { type: 'error', error, sentence: told },
    { type: 'controls', controls: [retry] },
  ]
  return { state: 'failed', parts }
}

function progressAt(step: number, images: number, seed: number): Part {
  const times = { elapsedMs: step * 420, remainingMs: (steps - step) * 420 }
  const bytes = drawScene(seed, 1 - step / steps)
  const preview = step < 2 ? {} : { preview: { bytes, mediaType: 'image/png' } }
  return {
    type: 'progress',
    progress: { phase: 'drawing', block: 0, image: 0, images, step, steps, ...times, ...preview },
  }
}

export function drawn(wish: string, prompt: string, jobId: string, seed: number, index: number): DrawnScene {
  const bytes = drawScene(seed + index)
  const size = { width: 128, height: 128 }
  const recipe: Recipe = {
    ...{ version: 1, operation: 'text-to-image', wish, prompt, negativePrompt: '', seed, index, ...size },
    ...{ sampler: 'ddim', steps, guidanceScale: 5 },
    models: { t2i: { name: 'llmga-tiny', sha256: 'ab'.repeat(32) } },
    versions: { llmga: '0.1.0', onnxruntime: '1.30.0', device: 'cpu' },
  }
  const id = `image-${jobId}-${index}`
  return { bytes, node: { id, sha256: sha256Of(bytes), mediaType: 'image/png', ...size, recipe } }
}

const editControl = (jobId: string, value: string): Control => ({
  ...{ actionId: `draw:turn-${jobId}:0`, label: 'Edit prompt', style: 'secondary' },
  fields: [{ type: 'text', name: 'prompt', label: 'Prompt', value, multiline: true }],
})

const imageControls = (imageId: string, number: string): readonly Control[] => [
  { actionId: `variations:${imageId}`, label: `Variations${number}`, style: 'secondary' },
  { actionId: `redo:${imageId}`, label: `Redo with a new seed${number}`, style: 'secondary' },
  { actionId: `recipe:${imageId}`, label: `Recipe${number}`, style: 'secondary' },
  { actionId: `delete:${imageId}`, label: `Delete${number}`, style: 'danger' },
]
