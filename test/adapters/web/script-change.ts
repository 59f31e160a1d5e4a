import type { Control, OutgoingImage, Part, PromptWord } from '../../../src/contract/outgoing.ts'
import { drawMask, drawScene, sha256Of } from './scene.ts'
import { drawn } from './script.ts'
import type { Beat, DrawnScene } from './script.ts'

/** What a scripted edit works with: its job, the seed of its picture, and the current picture. */
export interface ChangeScene {
  readonly jobId: string
  readonly seed: number
  readonly before: OutgoingImage
}

/** Replies about the current picture: "propose" asks for approval, "storybook" ends in a file, anything else edits. */
export function* changeScript(words: string, scene: ChangeScene): Generator<Beat, void> {
  yield { state: 'running', stage: 'thinking', parts: [{ type: 'progress', progress: { phase: 'thinking' } }] }
  if (words.includes('propose')) yield proposal(scene)
  else if (words.includes('storybook')) yield storybook(scene)
  else yield applied(words, scene)
}

const mask = drawMask()
const said = (text: string, changed: readonly string[]): PromptWord[] =>
  text.split(' ').map((word) => ({ text: word, changed: changed.includes(word) }))
const prompts = {
  source: said('a big red fox in the center, in the snow, cartoon style', ['red']),
  target: said('a big blue fox in the center, in the snow, cartoon style', ['blue']),
}
const maskImage = (before: OutgoingImage): OutgoingImage => ({
  ...{ imageId: `mask-${before.imageId}`, sha256: sha256Of(mask), mediaType: 'image/png' },
  ...{ width: before.width, height: before.height, alt: 'Mask' },
})
const route: Part = {
  type: 'route',
  chosen: 'edit of the picture',
  controls: [
    { actionId: 'route:chat', label: 'Just answer', style: 'secondary' },
    { actionId: 'route:imagine', label: 'New picture', style: 'secondary' },
  ],
}

function proposal({ jobId, before }: ChangeScene): Beat {
  const change: Part = {
    ...{ type: 'change', block: 0, operation: 'edit', proposed: true, before, mask: maskImage(before), ...prompts },
  }
  const words = { type: 'text', name: 'words', label: 'The picture is to show', multiline: true } as const
  const controls: Control[] = [
    { actionId: `apply:${jobId}`, label: 'Apply', style: 'primary' },
    { actionId: `stronger:${jobId}`, label: 'Stronger', style: 'secondary' },
    { actionId: `weaker:${jobId}`, label: 'Weaker', style: 'secondary' },
    {
      ...{ actionId: `mask:${jobId}`, label: 'Draw mask…', style: 'secondary' },
      fields: [{ type: 'mask', name: 'mask', label: 'Mask', image: before, maskSha256: sha256Of(mask) }],
    },
    {
      ...{ actionId: `words:${jobId}`, label: 'Change words…', style: 'secondary' },
      fields: [{ ...words, value: 'a big blue fox in the center, in the snow, cartoon style' }],
    },
  ]
  return { state: 'done', parts: [route, change, { type: 'controls', controls }], blobs: [mask] }
}

function applied(words: string, { jobId, seed, before }: ChangeScene): Beat {
  const images = [drawn(words, 'a big blue fox in the center', jobId, seed, 0)]
  const after = shown(images[0]!)
  const change: Part = {
    ...{
      type: 'change',
      block: 0,
      operation: 'edit',
      proposed: false,
      before,
      after,
      mask: maskImage(before),
      ...prompts,
    },
    details: {
      ...{ changedShare: 0.118, reconstructionError: 0.00012, unetRows: 96 },
      seam: {
        before: { mean: 6.1, deviation: 4.2, gradient: 9.7 },
        after: { mean: 1.9, deviation: 2.2, gradient: 3.1 },
      },
    },
  }
  const parts: Part[] = [
    ...[route, { type: 'text', text: 'The fox is blue now.', streaming: false } as const, change],
    { type: 'images', block: 0, images: [after] },
    { type: 'controls', controls: pictureControls(after) },
  ]
  return { state: 'done', parts, images, blobs: [mask] }
}

function storybook({ jobId, seed }: ChangeScene): Beat {
  const pages = [drawn('page', 'a fox wakes up', jobId, seed, 0), drawn('page', 'a fox finds a friend', jobId, seed, 1)]
  const html = Buffer.from(
    `<!doctype html><title>A fox</title><style>body{background:#fed}</style><h1>A fox</h1>` +
      `<img src="data:image/png;base64,${Buffer.from(drawScene(seed)).toString('base64')}" alt="fox">` +
      `<p id="told">once</p><script>document.getElementById('told').textContent = 'script ran'</script>`,
  )
  const file = { name: 'A fox.html', mediaType: 'text/html', sha256: sha256Of(html), sizeBytes: html.length }
  const parts: Part[] = [
    ...pages.flatMap((page, block): Part[] => [
      { type: 'text', text: `Page ${block + 1}: ${page.node.recipe.prompt}.`, streaming: false },
      { type: 'images', block, images: [shown(page)] },
    ]),
    { type: 'file', ...file },
  ]
  return { state: 'done', parts, images: pages, blobs: [html] }
}

const shown = ({ node: { id, ...node } }: DrawnScene): OutgoingImage => ({
  ...{ imageId: id, ...node, alt: node.recipe.prompt },
})

/** All that can be done with a picture, in groups. */
export function pictureControls(image: OutgoingImage): readonly Control[] {
  const button = (kind: string, label: string, group: NonNullable<Control['group']>): Control => ({
    ...{ actionId: `${kind}:${image.imageId}`, label, style: 'secondary', group },
  })
  const words = { type: 'text', name: 'words', label: 'What to draw there', value: '', multiline: false } as const
  const sides = [
    ['left', '←'],
    ['up', '↑'],
    ['right', '→'],
    ['down', '↓'],
    ['all', '⤢'],
  ] as const
  return [
    button('variations', 'Variations', 'again'),
    button('redo', 'Redo with a new seed', 'again'),
    {
      ...button('edit', 'Edit by words…', 'edit'),
      fields: [
        { ...words, name: 'words', label: 'What to change' },
        { type: 'number', name: 'strength', label: 'Strength', value: 0.5, min: 0, max: 1, step: 0.05 },
      ],
    },
    {
      ...button('inpaint', 'Inpaint…', 'edit'),
      fields: [{ type: 'mask', name: 'mask', label: 'What to draw anew', image }, words],
    },
    button('restore', 'Restore', 'edit'),
    ...sides.map(([side, arrow]): Control => ({
      ...button('outpaint', `Outpaint ${arrow}`, 'extend'),
      actionId: `outpaint:${image.imageId}:${side}`,
    })),
    button('undo', 'Undo', 'thread'),
    button('branch', 'Branch', 'thread'),
    button('compare', 'Compare', 'thread'),
    button('recipe', 'Recipe', 'about'),
    button('similar', 'Similar', 'about'),
    button('describe', 'Describe', 'about'),
    { actionId: `delete:${image.imageId}`, label: 'Delete', style: 'danger' },
  ]
}
