import { readFileSync } from 'node:fs'
import { chat, loadChat, type ChatModel } from '../pipelines/chat.ts'
import { loadTextToImage, textToImage, type TextToImageModel } from '../pipelines/text-to-image.ts'
import { partFolder } from './model-presets.ts'
import { pipeline, type Registry } from './registry.ts'
import { serve } from './serve.ts'

/** The worker's program: the bot's own models and pipelines. */

interface Models {
  readonly mllm: ChatModel
  readonly t2i: TextToImageModel
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

const registry: Registry<Models> = {
  roles: {
    mllm: {
      lane: 'chat',
      load: (model, { runtime }) =>
        loadChat({ checkpoint: model.folder, visionTower: partFolder(model, 'vision-tower') }, model, runtime),
    },
    t2i: {
      lane: 'drawing',
      load: (model, { runtime, identity }) =>
        loadTextToImage((part) => partFolder(model, part), runtime, {
          settings: model,
          identity,
          versions: { llmga: version },
        }),
    },
  },
  pipelines: {
    chat: pipeline('mllm', chat),
    'text-to-image': pipeline('t2i', textToImage),
  },
}

await serve(registry)
