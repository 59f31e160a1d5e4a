import type { InferenceRequest, InferenceResult } from '../contract/inference.ts'
import type { Pipeline, PipelineContext, PipelineEvent } from '../pipelines/pipeline.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ResolvedModels } from './model-presets.ts'
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
}

/** How a role's model is loaded, and in which lane its requests wait. */
export interface RoleEntry<Role extends ModelRole, Model> {
  readonly lane: Lane
  load(model: ResolvedModels[Role], context: LoadContext): Promise<Model>
}

/** A pipeline behind the role of its model. */
export interface PipelineEntry<Request, Models extends ModelTable> {
  readonly role: ModelRole
  readonly start: (request: Request, model: ModelSource<Models>, context: PipelineContext) => PipelineRun
}

export type ModelSource<Models extends ModelTable> = <Role extends ModelRole>(role: Role) => Promise<Models[Role]>
export type PipelineRun = AsyncGenerator<PipelineEvent, InferenceResult>

/** Everything that a worker can do: a loader for each role, a pipeline for each kind of request. */
export interface Registry<Models extends ModelTable> {
  readonly roles: { readonly [Role in ModelRole]: RoleEntry<Role, Models[Role]> }
  readonly pipelines: { readonly [Kind in RequestKind]: PipelineEntry<RequestTable[Kind], Models> }
}

/** A line of the table: requests go to `run` with the model of `role`. */
export function pipeline<Models extends ModelTable, Role extends ModelRole, Request>(
  role: Role,
  run: Pipeline<Request, Models[Role]>,
): PipelineEntry<Request, Models> {
  return {
    role,
    start: async function* (request, model, context) {
      return yield* run(request, await model(role), context)
    },
  }
}
