import type { JobRequest } from '../contract/job.ts'

const ofArrival = ['routed', 'downloads']

/** A request without what belonged to the message that it first came with: its route, and files to fetch. */
export const withoutArrival = <R extends JobRequest>(request: R): R =>
  Object.fromEntries(Object.entries(request).filter(([key]) => !ofArrival.includes(key))) as R
