import { z } from 'zod'
import { samplerNames } from '../contract/inference.ts'
import { conversationTemplates, type TemplateName } from '../tokenizers/conversation-templates.ts'

/** What a model is used for; one configuration key each. */
export const modelRoles = ['mllm', 't2i'] as const
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
  /** The words of the training set that buttons and commands stand for; `{wish}` is the person's own. */
  wordings: z.strictObject({
    refine: wording.includes('{wish}'),
    similar: wording,
    describe: wording,
  }),
})

const t2iRole = z.strictObject({
  family: z.literal('stable-diffusion'),
  ...place,
  defaults: z.strictObject({
    sampler: z.enum(samplerNames),
    steps: z.int().min(1),
    guidanceScale: z.number().min(0),
    width: z.int().multipleOf(8),
    height: z.int().multipleOf(8),
  }),
  /** Keys that override the checkpoint's scheduler_config.json. */
  scheduler: z.record(z.string(), z.unknown()).default({}),
})

/** A preset: one family of models as data. Paths are relative to the models folder that holds the preset. */
export const presetSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  title: z.string(),
  licence: z.string(),
  source: z.string(),
  roles: z.strictObject({ mllm: mllmRole.optional(), t2i: t2iRole.optional() }),
  /** Every file of the roles' folders, with what it must be. */
  files: z.record(relativePath, z.strictObject({ sizeBytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
  /** A description of the small world that the models know, and wishes that work. */
  world: z.strictObject({ file: relativePath, examples: z.array(z.string()).min(1) }).optional(),
})

export type Preset = z.infer<typeof presetSchema>
export type MllmSettings = Omit<z.infer<typeof mllmRole>, 'folder' | 'parts'>
export type TextToImageSettings = Omit<z.infer<typeof t2iRole>, 'folder' | 'parts'>
