import { z } from 'zod'
import { samplerNames } from '../contract/inference.ts'
import { precisions } from '../contract/precision.ts'
import { conversationTemplates, type TemplateName } from '../tokenizers/conversation-templates.ts'

/**
 * What a model is used for; one configuration key each. `inpaint` and `restore` may be without a model: then `t2i`
 * fills in by blending latents, and nothing is restored. Without `safety` no picture is looked at.
 */
export const modelRoles = ['mllm', 't2i', 'inpaint', 'restore', 'safety'] as const
export type ModelRole = (typeof modelRoles)[number]

/** How a picture becomes the vision tower's square: padded with the CLIP mean, stretched, or cropped at the centre. */
export const imageModes = ['pad', 'stretch', 'crop'] as const
export type ImageMode = (typeof imageModes)[number]

/** A path below the models folder: forward slashes, no way out of it. */
const relativePath = z
  .string()
  .regex(/^[\w.-]+(\/[\w.-]+)*$/, 'must be a relative path')
  .refine((path) => !path.split('/').includes('..'), 'must not contain ..')

/** Where a model's files lie: its folder, and sub-folders (`vae`, `vision-tower`) that another folder holds for it. */
const place = { folder: relativePath, parts: z.record(z.string(), relativePath).default({}) }

const wording = z.string().min(1)

/** The words of the training set that buttons and commands stand for; `{wish}` and the like are the person's own. */
export const wordingsSchema = z.strictObject({
  refine: wording.includes('{wish}'),
  similar: wording,
  describe: wording,
  inpaint: wording.default('Inpaint this image.'),
  inpaintWith: wording.includes('{words}').default('{words}'),
  outpaint: wording.default('Outpaint this image.'),
  outpaintWith: wording.includes('{words}').default('{words}'),
  story: wording.includes('{topic}').default('Create a story about {topic} and {pages} corresponding illustrations.'),
  design: wording.includes('{topic}').default('Design {kind} {topic}'),
})

const mllmRole = z.strictObject({
  family: z.literal('llava'),
  ...place,
  /** A chat template by its name in the LLaVA code. */
  template: z.enum(Object.keys(conversationTemplates) as TemplateName[]),
  /** Replaces the template's own system text. */
  systemText: z.string().optional(),
  imageMode: z.enum(imageModes),
  sampling: z.strictObject({
    temperature: z.number().min(0),
    topP: z.number().gt(0).max(1).optional(),
    topK: z.int().min(0).optional(),
    repetitionPenalty: z.number().gt(0).optional(),
    maxNewTokens: z.int().min(1),
  }),
  wordings: wordingsSchema,
  /** Of the weights, where the settings say nothing; default auto. */
  precision: z.enum(precisions).exactOptional(),
})

/** What can be added to a picture model, each loaded when a request asks for it. */
const adapters = z.strictObject({
  /** An image prompt: the weight file (.safetensors or .bin, h94/IP-Adapter's layout) and its image encoder's folder. */
  ipAdapter: z.strictObject({ file: relativePath, imageEncoder: relativePath }).optional(),
  /** A diffusers ControlNetModel folder. */
  controlNet: z.strictObject({ folder: relativePath }).optional(),
  /** Files by the names that requests use. */
  loras: z.record(z.string().regex(/^[\w.-]+$/), z.strictObject({ file: relativePath })).default({}),
})

/** A model that draws, for `t2i` and for `inpaint`. */
const drawingRole = z.strictObject({
  family: z.literal('stable-diffusion'),
  ...place,
  adapters: adapters.default({ loras: {} }),
  defaults: z.strictObject({
    sampler: z.enum(samplerNames),
    steps: z.int().min(1),
    guidanceScale: z.number().min(0),
    width: z.int().multipleOf(8),
    height: z.int().multipleOf(8),
  }),
  /** Shares of an edit's steps for which the source's cross- and self-attention maps hold. */
  edit: z
    .strictObject({ crossReplace: z.number().min(0).max(1), selfReplace: z.number().min(0).max(1) })
    .exactOptional(),
  /** Keys that override the checkpoint's scheduler_config.json. */
  scheduler: z.record(z.string(), z.unknown()).default({}),
})

const fileName = z.string().regex(/^[\w][\w.-]*$/, 'must be the name of a file')

const restoreRole = z.strictObject({
  family: z.literal('diffrir'),
  ...place,
  /** The checkpoint of each enlargement, in the folder. */
  scales: z
    .strictObject({ 1: fileName.exactOptional(), 2: fileName.exactOptional(), 4: fileName.exactOptional() })
    .refine((scales) => Object.keys(scales).length > 0, 'must name a file'),
})

/** A safety checker; its part `feature-extractor` is the folder with preprocessor_config.json where it lies elsewhere. */
const safetyRole = z.strictObject({ family: z.literal('safety-checker'), ...place })

/** Files of a repository: `*` stands for any part of a name, `?` at the end for what may be absent. */
const hubPattern = z.string().regex(/^[\w*][\w.*-]*(\/[\w*][\w.*-]*)*\??$/, 'must be a path of a repository')

const sizeAndHash = { sizeBytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }

/**
 * Where a preset's files are downloaded from. Sizes and hashes are the hub's own at the time of the download; what a
 * preset says of a file beyond that must hold, too.
 */
const hubSource = z.strictObject({
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be OWNER/NAME'),
  revision: z.string().min(1).default('main'),
  /** Where the preset's paths see the repository; default: its name. */
  folder: relativePath.exactOptional(),
  /** Of a list the first that is there is taken (safetensors before bin). */
  files: z
    .array(
      z.union([
        hubPattern,
        z.array(hubPattern).min(2),
        z.strictObject({ path: relativePath, ...sizeAndHash }).partial({ sizeBytes: true, sha256: true }),
      ]),
    )
    .min(1),
})

const count = z.int().positive()

/** What a part's memory is computed from: the published architecture, or the number of its weights. */
const partShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('decoder'),
    vocabulary: count,
    width: count,
    inner: count,
    layers: count,
    heads: count,
    kvHeads: count,
    headWidth: count.exactOptional(),
    tied: z.boolean().default(false),
    /** Biases of the query, key and value projections (Qwen2). */
    bias: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('clip-text'), width: count, inner: count, layers: count, projected: z.boolean() }),
  z.strictObject({
    kind: z.literal('clip-vision'),
    width: count,
    inner: count,
    layers: count,
    imageSize: count,
    patch: count,
    projection: count.exactOptional(),
  }),
  z.strictObject({ kind: z.literal('projector'), from: count, to: count }),
  z.strictObject({ kind: z.literal('counted'), part: z.string(), parameters: count }),
])

/** A part that other models take: it fills no role by itself. */
const component = z.discriminatedUnion('family', [
  z.strictObject({ family: z.literal('clip'), folder: relativePath }),
  z.strictObject({ family: z.literal('autoencoder'), folder: relativePath }),
  z.strictObject({
    family: z.literal('ip-adapter'),
    base: z.enum(['sd15', 'sdxl']),
    file: relativePath,
    imageEncoder: relativePath,
  }),
  z.strictObject({ family: z.literal('lora'), base: z.enum(['sd15', 'sdxl']), file: relativePath }),
])

/** A preset: one family of models as data. Paths are relative to the models folder that holds the preset. */
export const presetSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  title: z.string(),
  licence: z.string(),
  source: z.string(),
  roles: z.strictObject({
    mllm: mllmRole.exactOptional(),
    t2i: drawingRole.exactOptional(),
    inpaint: drawingRole.exactOptional(),
    restore: restoreRole.exactOptional(),
    safety: safetyRole.exactOptional(),
  }),
  /** Every file of the roles' folders, with what it must be. */
  files: z.record(relativePath, z.strictObject(sizeAndHash)).default({}),
  /** Where they are downloaded from; absent where no hub has them. */
  hub: z.array(hubSource).default([]),
  /** How to get the files where no hub has them. */
  byHand: z.string().exactOptional(),
  /** Presets that are downloaded with it. */
  needs: z.array(z.string()).default([]),
  component: component.exactOptional(),
  shapes: z.array(partShape).default([]),
  /** A description of the small world that the models know, and wishes that work. */
  world: z.strictObject({ file: relativePath, examples: z.array(z.string()).min(1) }).optional(),
})

export type Preset = z.infer<typeof presetSchema>
export type HubSource = z.infer<typeof hubSource>
export type PartShape = z.infer<typeof partShape>
export type PresetAdapters = z.infer<typeof adapters>
export type MllmSettings = Omit<z.infer<typeof mllmRole>, 'folder' | 'parts'>
export type DrawingSettings = Omit<z.infer<typeof drawingRole>, 'folder' | 'parts' | 'adapters'>
export type RestoreSettings = Omit<z.infer<typeof restoreRole>, 'folder' | 'parts'>
export type SafetySettings = Omit<z.infer<typeof safetyRole>, 'folder' | 'parts'>
