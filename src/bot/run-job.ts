import type { JobRequest } from '../contract/job.ts'
import type { JobRun } from './job-run.ts'
import { redo, variations } from './operations/again.ts'
import { chat, design, draw, imagine } from './operations/chat.ts'
import { edit } from './operations/edit.ts'
import { inpaint, outpaint } from './operations/inpaint.ts'
import { restore } from './operations/restore.ts'
import { restyle } from './operations/restyle.ts'
import { illustrate, page, story } from './operations/story.ts'
import { control, subject } from './operations/subject.ts'
import type { Lane } from './queue.ts'

/** Where a job begins: most talk before they draw. */
export function firstLane(request: JobRequest): Lane {
  switch (request.kind) {
    case 'chat':
    case 'story':
    case 'illustrate':
    case 'design':
      return 'chat'
    case 'imagine':
      return request.drawing.raw ? 'draw' : 'chat'
    case 'restyle':
    case 'inpaint':
    case 'outpaint':
    case 'edit':
    case 'subject':
    case 'control':
      return request.prompt !== undefined || request.drawing.raw ? 'draw' : 'chat'
    default:
      return 'draw'
  }
}

/** Does a job; what comes of it goes to `run.emit`. Throws AppError for what cannot be done, or is cancelled. */
export async function runJob(run: JobRun): Promise<void> {
  const { request } = run.job
  switch (request.kind) {
    case 'chat':
      return chat(run, request)
    case 'imagine':
      return imagine(run, request)
    case 'design':
      return design(run, request)
    case 'draw':
      return draw(run, request)
    case 'redo':
      return redo(run, request)
    case 'variations':
      return variations(run, request)
    case 'restyle':
      return restyle(run, request)
    case 'inpaint':
      return inpaint(run, request)
    case 'outpaint':
      return outpaint(run, request)
    case 'edit':
      return edit(run, request)
    case 'restore':
      return restore(run, request)
    case 'subject':
      return subject(run, request)
    case 'control':
      return control(run, request)
    case 'story':
      return story(run, request)
    case 'page':
      return page(run, request)
    case 'illustrate':
      return illustrate(run, request)
    case 'answer':
      return run.emit({ type: 'text', text: request.text })
  }
}
