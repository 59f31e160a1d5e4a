import { readFileSync } from 'node:fs'
import type { DrawingRequest, EditRequest, InpaintRequest, OutpaintRequest } from '../contract/inference.ts'
import { chat, loadChat, type ChatModel } from '../pipelines/chat.ts'
import type { MaskedModels } from '../pipelines/draw-masked.ts'
import { createEdit } from '../pipelines/edit.ts'
import { loadSafetyNetwork, type SafetyNetwork } from '../families/safety-checker/safety-checker.ts'
import { imageToImage } from '../pipelines/image-to-image.ts'
import { inpaint } from '../pipelines/inpaint.ts'
import { outpaint } from '../pipelines/outpaint.ts'
import { loadPictureModel, type PictureModel, type PictureRole } from '../pipelines/picture-model.ts'
import { loadRestore, regionRestorer, type RestoreModel } from '../pipelines/restore-model.ts'
import { restore } from '../pipelines/restore.ts'
import { screen } from '../pipelines/screen.ts'
import { textToImage } from '../pipelines/text-to-image.ts'
import { featureShare } from './memory-budget.ts'
import { partFolder } from './model-presets.ts'
import { pipeline, type ModelSource, type Registry, type RoleEntry } from './registry.ts'
import { serve } from './serve.ts'

/** The worker's program: the bot's own models and pipelines. */

type Models = {
  readonly mllm: ChatModel
  readonly restore: RestoreModel
  readonly safety: SafetyNetwork
} & Readonly<Record<PictureRole, PictureModel>>
type Source = ModelSource<Models>

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}
const versions = { llmga: version }

const pictureRole = <Role extends PictureRole>(role: Role): RoleEntry<Role, PictureModel> => ({
  lane: 'drawing',
  load: (settings, { runtime, identity, hashOf }) =>
    loadPictureModel((part) => partFolder(settings, part), runtime, { role, settings, identity, versions, hashOf }),
})

const drawer = (models: Source, { model }: DrawingRequest) => models.get('t2i', model)

/** The model that fills in, or the one that draws where a name or the lack of another leads to it; and the restorer. */
async function filler(models: Source, request: InpaintRequest | OutpaintRequest): Promise<MaskedModels> {
  const role = models.offers('inpaint', request.model) ? 'inpaint' : 't2i'
  return masked(models, role, request)
}

/** Edits are drawn by the model that draws. */
const editor = (models: Source, request: EditRequest): Promise<MaskedModels> => masked(models, 't2i', request)

/** The model that draws and DiffRIR, unless the request does without it or there is none; both have room at once. */
async function masked(
  models: Source,
  role: PictureRole,
  { model, seed, restore = true }: InpaintRequest | OutpaintRequest | EditRequest,
): Promise<MaskedModels> {
  const name = models.offers('restore', model) ? model : undefined
  const restores = restore && models.offers('restore')
  await models.claim([{ role, name: model }, ...(restores ? [{ role: 'restore', name } as const] : [])])
  const draw = await models.get(role, model)
  if (!restores) return { draw }
  const loaded = await models.get('restore', name)
  return { draw, restore: { ...regionRestorer(loaded, seed), identity: loaded.identity } }
}

const registry: Registry<Models> = {
  roles: {
    mllm: {
      lane: 'chat',
      load: (model, { runtime, chatMemoryBytes }) =>
        loadChat({ checkpoint: model.folder, visionTower: partFolder(model, 'vision-tower') }, model, runtime, {
          conversationBytes: Math.round(chatMemoryBytes * (1 - featureShare)),
          featureBytes: Math.round(chatMemoryBytes * featureShare),
        }),
      kept: ({ languageModel: { kept }, features }) => ({
        conversations: kept.size,
        conversationBytes: kept.bytes,
        pictures: features.size,
        pictureBytes: features.bytes,
      }),
    },
    t2i: pictureRole('t2i'),
    inpaint: pictureRole('inpaint'),
    restore: {
      lane: 'drawing',
      load: (settings, { runtime, identity }) =>
        loadRestore(settings.folder, runtime, { settings, identity, versions }),
    },
    safety: {
      lane: 'drawing',
      load: ({ folder, parts }, { runtime }) => loadSafetyNetwork(folder, runtime, parts['feature-extractor']),
    },
  },
  pipelines: {
    chat: pipeline('chat', (models, { model }) => models.get('mllm', model), chat),
    'text-to-image': pipeline('drawing', drawer, textToImage),
    'image-to-image': pipeline('drawing', drawer, imageToImage),
    inpaint: pipeline('drawing', filler, inpaint),
    outpaint: pipeline('drawing', filler, outpaint),
    edit: pipeline('drawing', editor, createEdit()),
    restore: pipeline('drawing', (models, { model }) => models.get('restore', model), restore),
    screen: pipeline('drawing', (models) => models.get('safety'), screen),
  },
}

await serve(registry)
