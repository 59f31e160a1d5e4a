import { expect, it } from 'vitest'
import type { Bot } from '../../../src/contract/adapter.ts'
import { button, describePage, eventually, picture, say } from './describe-page.ts'
import { drawScene } from './scene.ts'

describePage('the page, from a wish to a picture', (visit) => {
  it('takes a wish from the first word to the picture, with words, prompt and previews on the way', async () => {
    const { page, bot, complaints } = await visit()
    bot.stopAt = 'writing'
    await say(page, 'draw a red fox in the snow')
    await page.locator('.bubble', { hasText: 'draw a red fox in the snow' }).waitFor()
    await page.locator('.said.streaming', { hasText: 'Sure! Here is a picture' }).waitFor()
    bot.release()
    bot.stopAt = 'drawing'
    await page.getByText('Step 6 of 10').waitFor()
    await eventually(() => page.getByLabel('Prompt', { exact: true }).innerText()).toContain(
      'a big red fox in the snow',
    )
    await eventually(() => page.getByAltText('Preview of the picture').getAttribute('src')).toMatch(/^data:image\/png/)
    await eventually(() => page.getByText('about 2 s left').count()).toBe(1)
    bot.release()
    await picture(page).waitFor()
    expect(await picture(page).evaluate((image: HTMLImageElement) => [image.naturalWidth, image.clientWidth])).toEqual([
      128, 320,
    ])
    await eventually(() => page.getByRole('progressbar').count()).toBe(0)
    await eventually(() => page.getByRole('status').last().innerText()).toContain('Picture ready')
    await eventually(() => page.locator('.thread-item.current').innerText()).toContain('draw a red fox in the snow')
    expect(complaints).toEqual([])
  })

  it('shows the thread as it was after a reload in the middle of a drawing', async () => {
    const { page, bot } = await visit()
    bot.stopAt = 'drawing'
    await say(page, 'draw a fox')
    await page.getByText('Step 6 of 10').waitFor()
    await page.reload()
    await page.getByText('Step 6 of 10').waitFor()
    bot.release()
    await picture(page).waitFor()
    await eventually(() => page.getByRole('article').count()).toBe(2)
  })

  it('says the place in line, and cancels', async () => {
    const { page, bot } = await visit()
    bot.stopAt = 'queued'
    await say(page, 'draw a fox')
    await page.getByText('Waiting: 2nd in line').waitFor()
    await button(page, 'Cancel').click()
    await page.getByRole('article').getByText('Cancelled.').waitFor()
    expect(bot.handled.at(-1)).toMatchObject({ type: 'action', actionId: 'cancel:job-1' })
    await eventually(() => picture(page).count()).toBe(0)
  })

  it('draws a changed prompt; Esc leaves it as it is', async () => {
    const { page, bot } = await visit()
    await say(page, 'draw a fox')
    await button(page, 'Edit prompt').click()
    const form = page.getByRole('textbox', { name: 'Prompt' })
    await form.press('Escape')
    await eventually(() => form.count()).toBe(0)
    await button(page, 'Edit prompt').click()
    await form.fill('a blue fox')
    await form.press('Enter')
    await page.locator('blockquote', { hasText: 'a big a blue fox in the center' }).waitFor()
    expect(bot.handled.at(-1)).toMatchObject({ actionId: 'draw:turn-job-1:0', values: { prompt: 'a blue fox' } })
  })

  it('offers redo, variations, recipe, download and delete beside each picture', async () => {
    const { page, bot } = await visit()
    await say(page, 'draw four foxes')
    await button(page, 'Variations 4').waitFor()
    await eventually(() => picture(page).count()).toBe(4)
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download picture 2' }).click()
    expect((await download).suggestedFilename()).toBe('draw-four-foxes-2.png')
    await button(page, 'Delete 3').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete 3' }).click()
    await eventually(() => picture(page).count()).toBe(3)
    await button(page, 'Redo with a new seed 1').click()
    await eventually(() => bot.handled.at(-1)).toMatchObject({ actionId: 'redo:image-job-1-0' })
    await button(page, 'Undo').first().click()
    await eventually(() => bot.handled.at(-1)).toMatchObject({ command: { name: 'undo' } })
  })

  it('shows a recipe to read and to copy', async () => {
    const { page } = await visit()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await say(page, 'draw a fox')
    await button(page, 'Recipe of picture').click()
    const panel = page.getByRole('dialog', { name: 'Recipe' })
    await eventually(() => panel.innerText()).toMatch(/Seed\s+1\s+Sampler\s+ddim/)
    await panel.getByRole('button', { name: 'Copy' }).click()
    await panel.getByText('Copied').waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(JSON.parse(copied)).toMatchObject({ seed: 1, wish: 'draw a fox' })
    await page.keyboard.press('Escape')
    await eventually(() => panel.count()).toBe(0)
  })

  it('enlarges pictures; arrow keys go on, Esc closes and gives the focus back', async () => {
    const { page } = await visit()
    await say(page, 'draw four foxes')
    await button(page, /^Enlarge picture 4/).click()
    await page.getByRole('dialog', { name: 'Picture 4 of 4' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('dialog', { name: 'Picture 1 of 4' }).waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => page.getByRole('dialog').count()).toBe(0)
    await eventually(() => page.evaluate(() => document.activeElement?.ariaLabel)).toMatch(/^Enlarge picture 4/)
  })

  it('asks again for a picture that did not come', async () => {
    let failures = 0
    const bytes = drawScene(1)
    const readBlob: Bot['readBlob'] = async () => (failures++ < 2 ? undefined : bytes)
    const { page } = await visit({}, { readBlob })
    await say(page, 'draw a fox')
    await picture(page).waitFor()
    await eventually(() => picture(page).evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(128)
  })
})
