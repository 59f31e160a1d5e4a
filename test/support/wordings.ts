import type { Wordings } from '../../src/conversation/wordings.ts'

/** Wordings of no real model, so that each can be told apart. */
export const wordings: Wordings = {
  refine: 'Refine: {wish}',
  similar: 'Similar!',
  describe: 'Describe!',
  inpaint: 'Inpaint!',
  inpaintWith: 'Inpaint: {words}',
  outpaint: 'Outpaint!',
  outpaintWith: 'Outpaint: {words}',
  story: 'Story of {topic} in {pages}',
  design: 'Design {kind} {topic}',
}
