import { describe, expect, it } from 'vitest'
import { groupControls } from '../../../adapters/web/page/group-controls.ts'
import { layoutLineage, neighbour } from '../../../adapters/web/page/lineage-layout.ts'
import { placeControls } from '../../../adapters/web/page/place-controls.ts'
import { placeWithin } from '../../../adapters/web/page/place-within.ts'
import { undepicted } from '../../../adapters/web/page/reply-pictures.ts'
import { changeOf, toFields } from '../../../adapters/web/page/setting-options.ts'
import type { WireControl, WireImage, WirePart, WirePicture } from '../../../adapters/web/wire.ts'
import type { Recipe } from '../../../src/contract/recipe.ts'

const image = (imageId: string, width = 128, height = 128): WireImage => ({
  ...{ imageId, url: `/${imageId}`, downloadUrl: `/${imageId}?download`, mediaType: 'image/png' },
  ...{ width, height, alt: imageId },
})
const picture = (imageId: string, createdAt: number, parentId?: string, deleted = false): WirePicture => ({
  ...{ ...image(imageId), operation: parentId === undefined ? 'text-to-image' : 'edit', createdAt, deleted },
  ...(parentId !== undefined && { parentId }),
})

describe('the tree of pictures', () => {
  // a -> b -> d, a -> c; e is a second beginning; f was deleted with nothing after it
  const pictures = [
    ...[picture('e', 5), picture('b', 2, 'a'), picture('a', 1), picture('d', 4, 'b')],
    ...[picture('c', 3, 'a'), picture('f', 6, 'c', true)],
  ]
  const layout = layoutLineage(pictures)

  it('goes on to the right, the oldest branch first, each beginning below the one before', () => {
    const places = layout.placed.map(({ picture: { imageId }, column, row }) => `${imageId}${column}${row}`)
    expect(places).toEqual(['a00', 'b10', 'd20', 'c11', 'e02'])
    expect([layout.columns, layout.rows]).toEqual([3, 3])
  })

  it('keeps a deleted picture that others came from, and ends a circle', () => {
    const kept = layoutLineage([picture('a', 1, undefined, true), picture('b', 2, 'a')])
    expect(kept.placed.map(({ picture: { imageId } }) => imageId)).toEqual(['a', 'b'])
    expect(layoutLineage([picture('a', 1, 'a')]).placed).toEqual([])
  })

  it('is walked with arrow keys', () => {
    const walk = (from: string, key: string) => neighbour(layout, from, key)
    expect(walk('b', 'ArrowLeft')).toBe('a')
    expect(walk('a', 'ArrowRight')).toBe('b')
    expect(walk('b', 'ArrowDown')).toBe('c')
    expect(walk('a', 'ArrowUp')).toBeUndefined()
    expect(walk('d', 'Home')).toBe('a')
  })
})

describe('buttons of a picture', () => {
  const control = (label: string, group?: WireControl['group']): WireControl => ({
    ...{ actionId: label, label, style: 'secondary', ...(group && { group }) },
  })
  const all = [
    ...[control('Edit', 'edit'), control('Inpaint', 'edit'), control('Redo', 'again')],
    ...[control('Branch', 'thread'), control('Recipe', 'about'), control('Try again')],
  ]

  it('go into a menu a group when there are many, and stand in a row when there are few', () => {
    const { buttons, menus } = groupControls(all, 4)
    expect(buttons.map(({ label }) => label)).toEqual(['Try again', 'Redo'])
    expect(menus.map(({ name, controls }) => [name, controls.length])).toEqual([
      ['Edit', 2],
      ['More', 2],
    ])
    expect(groupControls(all, 6)).toEqual({ buttons: all, menus: [] })
  })
})

describe('a change', () => {
  const change: WirePart = {
    ...{ type: 'change', block: 0, operation: 'edit', proposed: false, before: image('a'), after: image('b') },
    ...{ source: [{ text: 'red', changed: true }], target: [{ text: 'blue', changed: true }] },
  }

  it('shows its picture, so that the gallery beside it does not', () => {
    expect(undepicted([image('b'), image('c')], [change])).toEqual([image('c')])
  })

  it('tells the prompt, so that what changes its words stands at the foot', () => {
    const words: WireControl = {
      ...{ actionId: 'rewords:t1', label: 'Change words', style: 'secondary' },
      fields: [{ type: 'text', name: 'prompt', label: 'Prompt', value: 'blue', multiline: true }],
    }
    const ofAfter: WireControl = { actionId: 'redo:b', label: 'Redo', style: 'secondary' }
    const prompt: WirePart = { type: 'prompt', block: 0, text: 'blue', streaming: false }
    const placed = placeControls([prompt, change, { type: 'controls', controls: [words, ofAfter] }])
    expect(placed.others).toEqual([words])
    expect(placed.ofImage('b')).toEqual([ofAfter])
  })

  it('lays the picture before at its place in an extended one', () => {
    const recipe = { sides: { left: 32, top: 0, right: 32, bottom: 64 } } as Recipe
    expect(placeWithin(image('a', 128, 128), { ...image('b', 192, 192), recipe })).toEqual({
      ...{ left: 32 / 192, top: 0, width: 128 / 192, height: 128 / 192 },
    })
    expect(placeWithin(image('a', 128, 128), image('b', 256, 256))).toEqual({ left: 0, top: 0, width: 1, height: 1 })
    expect(placeWithin(image('a', 128, 128), image('b', 192, 128))).toBeUndefined()
  })
})

describe('settings of a thread', () => {
  const before = toFields({ steps: 30, width: 512, height: 768, confirm: true, loras: [{ name: 'ink', weight: 0.5 }] })

  it('are said by their options’ names, only those that changed', () => {
    expect(before).toMatchObject({ steps: '30', size: '512x768', confirm: 'true', lora: 'ink:0.5', sampler: '' })
    expect(changeOf(before, before)).toBeUndefined()
    expect(changeOf(before, { ...before, sampler: 'unipc', size: '16:9' })).toEqual({
      ...{ reset: false, options: { sampler: 'unipc', ratio: '16:9' } },
    })
  })

  it('are all said anew when one goes back to its default', () => {
    expect(changeOf(before, { ...before, steps: '' })).toEqual({
      ...{ reset: true, options: { size: '512x768', confirm: 'true', lora: 'ink:0.5' } },
    })
  })
})
