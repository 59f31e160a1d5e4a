import { z } from 'zod'
import { samplerNames } from '../contract/inference.ts'
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
  files: z.record(relativePath, z.strictObject({ sizeBytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
  /** A description of the small world that the models know, and wishes that work. */
  world: z.strictObject({ file: relativePath, examples: z.array(z.string()).min(1) }).optional(),
})

export type Preset = z.infer<typeof presetSchema>
export type PresetAdapters = z.infer<typeof adapters>
export type MllmSettings = Omit<z.infer<typeof mllmRole>, 'folder' | 'parts'>
export type DrawingSettings = Omit<z.infer<typeof drawingRole>, 'folder' | 'parts' | 'adapters'>
export type RestoreSettings = Omit<z.infer<typeof restoreRole>, 'folder' | 'parts'>
export type SafetySettings = Omit<z.infer<typeof safetyRole>, 'folder' | 'parts'>
