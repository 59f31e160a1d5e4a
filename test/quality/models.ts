import { pino } from 'pino'
import { loadConfig } from '../../config/load.ts'
import { composeInference } from '../../src/compose.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { ChatMessage, GeneratedImage, Inference, PictureRequest } from '../../src/contract/inference.ts'

/** The models in force (the embedded ones unless the environment says otherwise), behind their door. */
export const openModels = () => composeInference(loadConfig().config, pino({ level: 'warn' }, pino.destination(2)))

/** The reply to a conversation, as generated. */
export async function reply(inference: Inference, messages: readonly ChatMessage[]): Promise<string> {
  for await (const event of inference.run({ kind: 'chat', messages })) {
    if (event.type === 'error') throw AppError.fromJSON(event.error)
    if (event.type === 'done') return event.result.reply ?? ''
  }
  return ''
}

/** The one picture of a request. */
export async function draw(inference: Inference, request: PictureRequest): Promise<GeneratedImage> {
  let image: GeneratedImage | undefined
  for await (const event of inference.run({ ...request, previews: false })) {
    if (event.type === 'error') throw AppError.fromJSON(event.error)
    if (event.type === 'image') image = event.image
  }
  if (image) return image
  throw new Error('the request ended without a picture')
}

/** The first prompt of a reply, or ''. */
export const promptOf = (text: string): string => /<gen_image> ?(.*?) ?<\/gen_image>/.exec(text)?.[1] ?? ''

/** What the language model sees on a picture, as a detailed caption. */
export const captionOf = async (inference: Inference, image: Uint8Array): Promise<string> =>
  promptOf(await reply(inference, [{ role: 'user', text: 'Generate a similar image.', image }]))
