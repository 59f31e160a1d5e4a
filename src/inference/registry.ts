import type { InferenceRequest, InferenceResult, KeptForLater } from '../contract/inference.ts'
import type { Pipeline, PipelineContext, PipelineEvent } from '../pipelines/pipeline.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ModelFile, ResolvedModels } from './model-presets.ts'
import type { ModelRole } from './preset-schema.ts'
import type { Lane } from './turn-taking.ts'

/** Types of the loaded models, by role. */
export type ModelTable = Readonly<Record<ModelRole, unknown>>

/** Requests by their kind. */
export type RequestTable = { readonly [Request in InferenceRequest as Request['kind']]: Request }
export type RequestKind = keyof RequestTable

/** A request of one of the kinds `Kind`, told apart by `kind`. */
export type TaggedRequest<Kind extends RequestKind = RequestKind> = {
  [K in Kind]: RequestTable[K] & { readonly kind: K }
}[Kind]

/** What the worker lends a model for as long as it is in memory. */
export interface LoadContext {
  /** Sessions loaded through it are counted for the model and released with it. */
  readonly runtime: Runtime
  /** The model's name and the sha256 over its weight files. */
  readonly identity: { readonly name: string; readonly sha256: string }
  /** sha256 of a further file (a LoRA), compared with what its preset says. */
  readonly hashOf: (file: ModelFile) => Promise<string>
  /** Bytes that a chat model may keep for later requests. */
  readonly chatMemoryBytes: number
}

/** How a role's models are loaded, and in which lane that waits. */
export interface RoleEntry<Role extends ModelRole, Model> {
  readonly lane: Lane
  load(model: ResolvedModels[Role], context: LoadContext): Promise<Model>
  /** What a loaded model keeps for later requests. */
  kept?(this: void, model: Model): KeptForLater
}

/** A role's model by name; without a name that in force. */
export interface ModelChoiceOfRole {
  readonly role: ModelRole
  readonly name?: string | undefined
}

/** The models that one request may use, loaded when first asked for and kept in memory until it ends. */
export interface ModelSource<Models extends ModelTable> {
  /** Whether the role has a model of this name; without a name, whether it has any. */
  offers(role: ModelRole, name?: string): boolean
  /**
   * Waits until there is room for all of these models; for requests that need more than one. Throws AppError
   * `model/not-found`, `model/too-large`.
   */
  claim(models: readonly ModelChoiceOfRole[]): Promise<void>
  /** The role's model by name, without one that in force. Throws AppError `model/not-found` with the names there are. */
  get<Role extends ModelRole>(role: Role, name?: string): Promise<Models[Role]>
}

/** A pipeline with the lane in which its requests wait. */
export interface PipelineEntry<Request, Models extends ModelTable> {
  readonly lane: Lane
  readonly start: (request: Request, models: ModelSource<Models>, context: PipelineContext) => PipelineRun
}

export type PipelineRun = AsyncGenerator<PipelineEvent, InferenceResult>

/** Everything that a worker can do: a loader for each role, a pipeline for each kind of request. */
export interface Registry<Models extends ModelTable> {
  readonly roles: { readonly [Role in ModelRole]: RoleEntry<Role, Models[Role]> }
  readonly pipelines: { readonly [Kind in RequestKind]: PipelineEntry<RequestTable[Kind], Models> }
}

/** A line of the table: requests go to `run` with what `lend` takes from the models. */
export function pipeline<Models extends ModelTable, Request, Lent>(
  lane: Lane,
  lend: (models: ModelSource<Models>, request: Request) => Lent | Promise<Lent>,
  run: Pipeline<Request, Lent>,
): PipelineEntry<Request, Models> {
  return {
    lane,
    start: async function* (request, models, context) {
      return yield* run(request, await lend(models, request), context)
    },
  }
}
