import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Inference, InferenceEvent } from '../contract/inference.ts'
import type { Observer } from '../contract/observer.ts'
import type { BotStatus } from '../contract/status.ts'

/** Figures in Prometheus' text format. They hold no words, names or ids of people. */
export interface Metrics {
  /** Counts jobs; for the bot. */
  readonly observer: Observer
  /** The same door to the models, with what goes through it counted. */
  watchInference(inference: Inference): Inference
  /** A platform told the bot to wait (HTTP 429). */
  platformLimit(platform: string): void
  readonly contentType: string
  /** `status`: how the bot stands now; absent while it starts. */
  text(status: BotStatus | undefined): Promise<string>
  stop(): void
}

/** Upper bounds in seconds: a reply of the tiny models to a long drawing of a large one. */
const seconds = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600]

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const common = { registers: [registry] }
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ ...common, name: `llmga_${name}`, help, labelNames })
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Histogram({ ...common, name: `llmga_${name}`, help, labelNames, buckets: seconds })

  const accepted = counter('jobs_accepted_total', 'Jobs taken.', ['platform', 'kind'])
  const ended = counter('jobs_ended_total', 'Jobs that ended, by how.', ['platform', 'kind', 'end'])
  const waits = histogram('job_wait_seconds', 'From acceptance to the start of a job.', ['kind'])
  const runs = histogram('job_run_seconds', 'From the start of a job to its end, places waited for included.', ['kind'])
  const posts = histogram('reply_post_seconds', 'From a stored result to the platform showing it.', ['platform'])
  const errors = counter('errors_total', 'Failed jobs, by the code of the error.', ['code'])
  const pictures = counter('pictures_total', 'Pictures drawn.', ['kind'])
  const tokens = counter('tokens_total', 'Tokens of the language model: read (prompt) and written (generated).', [
    'type',
  ])
  const pipelines = histogram('pipeline_seconds', 'Requests to the models, by pipeline.', ['pipeline'])
  const failures = counter('pipeline_errors_total', 'Requests to the models that failed.', ['pipeline', 'code'])
  const limits = counter('platform_limits_total', 'Times that a platform told the bot to wait (429).', ['platform'])
  const setGauges = statusGauges(registry)

  const observer: Observer = {
    jobAccepted: ({ platform, kind }) => accepted.inc({ platform, kind }),
    jobStarted: ({ kind }, waitMs) => waits.observe({ kind }, waitMs / 1000),
    jobEnded({ platform, kind }, { end, runMs, code }) {
      ended.inc({ platform, kind, end })
      if (runMs > 0) runs.observe({ kind }, runMs / 1000)
      if (end === 'failed' && code !== undefined) errors.inc({ code })
    },
    jobPosted: ({ platform }, postMs) => posts.observe({ platform }, postMs / 1000),
  }

  function count(pipeline: string, begin: number, event: InferenceEvent): void {
    if (event.type === 'image') pictures.inc({ kind: pipeline })
    if (event.type === 'error') failures.inc({ pipeline, code: event.error.code })
    if (event.type !== 'done') return
    pipelines.observe({ pipeline }, (performance.now() - begin) / 1000)
    tokens.inc({ type: 'prompt' }, event.result.tokens?.prompt ?? 0)
    tokens.inc({ type: 'generated' }, event.result.tokens?.generated ?? 0)
  }

  async function* counted(pipeline: string, events: AsyncIterable<InferenceEvent>) {
    const begin = performance.now()
    for await (const event of events) {
      count(pipeline, begin, event)
      yield event
    }
  }

  return {
    observer,
    watchInference: (inference) => ({
      ...inference,
      run: (request, options) => counted(request.kind, inference.run(request, options)),
    }),
    platformLimit: (platform) => limits.inc({ platform }),
    contentType: registry.contentType,
    text(status) {
      setGauges(status)
      return registry.metrics()
    },
    stop: () => registry.clear(),
  }
}

/** Gauges of the bot's own status, set when somebody asks. */
function statusGauges(registry: Registry): (status: BotStatus | undefined) => void {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ registers: [registry], name: `llmga_${name}`, help, labelNames })
  const up = gauge('up', 'Whether the bot has started and is not about to stop.', [])
  const jobs = gauge('jobs', 'Jobs by state.', ['state'])
  const lanes = gauge('lane_jobs', 'Jobs at the models (running) and in line for them (waiting).', ['lane', 'state'])
  const connected = gauge('adapter_connected', 'Whether a platform is connected.', ['platform'])
  const worker = gauge('worker_ready', 'Whether the process with the models answers.', [])
  const restarts = gauge('worker_restarts', 'Times that the process with the models was started anew.', [])
  const bytes = gauge('worker_memory_bytes', 'Memory of the process with the models.', [])
  const resident = gauge('model_bytes', 'Weights in memory.', ['role', 'model'])
  const budget = gauge('model_budget_bytes', 'Memory that models may take on a device.', ['device'])
  const kept = gauge('chat_kept_bytes', 'What the language model keeps for the next turns.', ['what'])
  return (status) => {
    up.set(status && !status.draining ? 1 : 0)
    resident.reset()
    if (!status) return
    for (const [state, count] of Object.entries(status.jobs)) jobs.set({ state }, count)
    for (const [lane, { running, waiting }] of Object.entries(status.lanes)) {
      lanes.set({ lane, state: 'running' }, running)
      lanes.set({ lane, state: 'waiting' }, waiting)
    }
    for (const [platform, { state }] of Object.entries(status.adapters))
      connected.set({ platform }, state === 'connected' ? 1 : 0)
    worker.set(status.inference.worker === 'ready' ? 1 : 0)
    restarts.set(status.inference.restarts)
    bytes.set(status.inference.processBytes)
    const { device, budgetBytes = 0, budgets = { [device]: budgetBytes } } = status.inference
    budget.reset()
    for (const [on, size] of Object.entries(budgets)) budget.set({ device: on }, size)
    kept.reset()
    for (const { role, name, bytes: size, kept: later } of status.inference.resident) {
      resident.set({ role, model: name }, size)
      if (!later) continue
      kept.inc({ what: 'conversations' }, later.conversationBytes)
      kept.inc({ what: 'pictures' }, later.pictureBytes)
    }
  }
}
