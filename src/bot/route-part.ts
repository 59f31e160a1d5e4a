import type { Job, RouteName } from '../contract/job.ts'
import type { Part } from '../contract/outgoing.ts'
import { routeControl } from './controls.ts'

/** What was understood, in words for the person; the button of another route says the same. */
export const routeLabels: Readonly<Record<RouteName, string>> = {
  chat: 'Answer',
  imagine: 'New picture',
  edit: 'Edit the picture',
  inpaint: 'Draw the marked part anew',
  outpaint: 'Extend the picture',
  restore: 'Restore the picture',
  variations: 'Variations',
  similar: 'Similar picture',
  describe: 'Describe the picture',
  story: 'Storybook',
  illustrate: 'Illustrate the text',
  design: 'Design',
  subject: 'Same subject, new picture',
  control: 'Same outlines, new picture',
  again: 'Draw it again',
}

/** The route that a person's words were given, with buttons for the others; nothing after a command or a button. */
export function routePart({ id, request }: Job): readonly Part[] {
  const routed = 'routed' in request ? request.routed : undefined
  if (!routed) return []
  const controls = routed.others.map((route) => routeControl(id, route, routeLabels[route]))
  return [{ type: 'route', chosen: routeLabels[routed.chosen], controls }]
}
