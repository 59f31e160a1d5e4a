import type { Job } from '../contract/job.ts'
import type { Part } from '../contract/outgoing.ts'
import { routeControl } from './controls.ts'
import { sentencesOf } from './job-words.ts'

/** The route that a person's words were given, with buttons for the others; nothing after a command or a button. */
export function routePart(job: Job): readonly Part[] {
  const routed = 'routed' in job.request ? job.request.routed : undefined
  if (!routed) return []
  const sentences = sentencesOf(job)
  const controls = routed.others.map((route) => routeControl(sentences, job.id, route))
  return [{ type: 'route', chosen: sentences.routes[routed.chosen], controls }]
}
