import { readFileSync } from 'node:fs'
import type { DrawingRequest } from '../contract/inference.ts'
import { chat, loadChat, type ChatModel } from '../pipelines/chat.ts'
import { loadPictureModel, type PictureModel, type PictureRole } from '../pipelines/picture-model.ts'
import { textToImage } from '../pipelines/text-to-image.ts'
import { partFolder } from './model-presets.ts'
import { pipeline, type ModelSource, type Registry, type RoleEntry } from './registry.ts'
import { serve } from './serve.ts'

/** The worker's program: the bot's own models and pipelines. */

interface Models {
  readonly mllm: ChatModel
  readonly t2i: PictureModel
  readonly inpaint: PictureModel
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}
const versions = { llmga: version }

const pictureRole = <Role extends PictureRole>(role: Role): RoleEntry<Role, PictureModel> => ({
  lane: 'drawing',
  load: (model, { runtime, identity }) =>
    loadPictureModel((part) => partFolder(model, part), runtime, { role, settings: model, identity, versions }),
})

/** The model that draws. */
const drawer = (models: ModelSource<Models>, { model }: DrawingRequest) => models.get('t2i', model)

const registry: Registry<Models> = {
  roles: {
    mllm: {
      lane: 'chat',
      load: (model, { runtime }) =>
        loadChat({ checkpoint: model.folder, visionTower: partFolder(model, 'vision-tower') }, model, runtime),
    },
    t2i: pictureRole('t2i'),
    inpaint: pictureRole('inpaint'),
  },
  pipelines: {
    chat: pipeline('chat', (models, { model }) => models.get('mllm', model), chat),
    'text-to-image': pipeline('drawing', drawer, textToImage),
  },
}

await serve(registry)
