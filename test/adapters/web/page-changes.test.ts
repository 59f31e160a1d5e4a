import { expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { button, describePage, eventually, picture, say } from './describe-page.ts'

/** A thread with a picture, and what is said about it. */
async function changed(page: Page, words: string): Promise<void> {
  await say(page, 'draw a red fox in the snow')
  await picture(page).waitFor()
  await say(page, words)
}

describePage('changes of a picture on the page', (visit) => {
  it('shows what would change, and asks: apply, stronger, weaker, another mask, other words', async () => {
    const { page, bot, complaints } = await visit()
    await changed(page, 'propose a blue fox')
    const card = page.getByRole('figure', { name: 'Edit it so?' })
    await eventually(() => card.locator('del').allInnerTexts()).toEqual(['red'])
    await eventually(() => card.locator('ins').allInnerTexts()).toEqual(['blue'])
    const mask = card.locator('.mask-colour')
    await eventually(() => mask.evaluate((element) => getComputedStyle(element).maskImage)).toMatch(
      /\/blobs\/[0-9a-f]{64}/,
    )
    await card.getByLabel('Show what will be drawn anew').uncheck()
    await eventually(() => mask.count()).toBe(0)
    await button(page, 'Stronger').click()
    await eventually(() => bot.handled.at(-1)).toMatchObject({ actionId: 'stronger:job-2', values: {} })
    await button(page, 'Change words…').click()
    await page.getByRole('dialog').getByLabel('The picture is to show').fill('a green fox')
    await page.keyboard.press('Enter')
    await eventually(() => bot.handled.at(-1)).toMatchObject({ values: { words: 'a green fox' } })
    await button(page, 'Apply').click()
    await eventually(() => bot.handled.at(-1)).toMatchObject({ actionId: 'apply:job-2' })
    await button(page, 'Just answer').click()
    await eventually(() => bot.handled.at(-1)).toMatchObject({ actionId: 'route:chat' })
    expect(complaints).toEqual([])
  })

  it('compares before and after by mouse and by keys, side by side and with the mask', async () => {
    const { page } = await visit()
    await changed(page, 'edit: make the fox blue')
    await page.getByText('12 % of the picture changed').waitFor()
    const divider = page.getByRole('slider')
    const value = () => divider.getAttribute('aria-valuenow')
    await eventually(value).toBe('50')
    const box = (await page.locator('.compare-slider').boundingBox())!
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40)
    await page.mouse.up()
    await eventually(value).toBe('25')
    await page.keyboard.press('ArrowRight')
    await eventually(value).toBe('27')
    await page.keyboard.press('End')
    await eventually(value).toBe('100')
    await page.getByText('Side by side').click()
    await eventually(() => page.locator('.side-by-side img').count()).toBe(2)
    await page.locator('.comparison').getByText('Mask').click()
    await page.locator('.mask-colour').waitFor()
    await page.getByText('Details', { exact: true }).click()
    await eventually(() => page.getByRole('row', { name: /Brightness/ }).innerText()).toMatch(/6\.10\s+1\.90/)
  })

  it('has menus that keys work, a form for growing, and the header’s undo', async () => {
    const { page, bot } = await visit()
    await changed(page, 'edit: make the fox blue')
    await button(page, 'Again').focus()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Again')
    await page.keyboard.press('ArrowDown')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await eventually(() => bot.handled.at(-1)).toMatchObject({ actionId: 'redo:image-job-2-0' })
    await button(page, 'Extend…').first().click()
    const form = page.getByRole('dialog', { name: 'Extend the picture' })
    await form.getByRole('radio', { name: 'To the right' }).press('ArrowDown') // to the next one of the pad
    await form.getByRole('radio', { name: 'Downwards' }).waitFor()
    await form.getByLabel(/By how much/).fill('25')
    await page.keyboard.press('Enter')
    const command = { name: 'outpaint', options: { bottom: '25%' } }
    await eventually(() => bot.handled.at(-1)).toMatchObject({ command, replyToImageId: 'image-job-2-0' })
    await button(page, 'Undo').click()
    await eventually(() => bot.handled.at(-1)).toMatchObject({ command: { name: 'undo' } })
  })

  it('shows where pictures came from, compares and goes on from an older one', async () => {
    const { page, bot } = await visit()
    await changed(page, 'edit: make the fox blue')
    await page.getByText('12 % of the picture changed').waitFor()
    await button(page, 'Pictures of this thread').click()
    const tree = page.getByRole('tree')
    await eventually(() => tree.getByRole('treeitem').count()).toBe(2)
    await eventually(() => tree.locator('[aria-current]').getAttribute('aria-label')).toMatch(
      /^Edited, edit: make the fox blue/,
    )
    await page.keyboard.press('ArrowLeft')
    await page.getByText('“draw a red fox in the snow”').waitFor()
    await button(page, 'Compare with current').click()
    await page.getByRole('dialog', { name: 'Compare' }).getByRole('slider').waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => page.getByRole('dialog', { name: 'Compare' }).count()).toBe(0)
    await button(page, 'Go on from here').click()
    const branch = { command: { name: 'branch' }, replyToImageId: 'image-job-1-0' }
    await eventually(() => bot.handled.at(-1)).toMatchObject(branch)
    await eventually(() => page.getByRole('article', { name: 'LLMGA' }).count()).toBe(1)
  })

  it('opens a storybook in a tab where nothing of it runs, and sets a thread’s options', async () => {
    const { page, bot } = await visit()
    await changed(page, 'storybook of two pages')
    const opened = page.context().waitForEvent('page')
    await page.getByRole('link', { name: 'Open' }).click()
    const book = await opened
    await book.getByText('once').waitFor()
    expect(await book.evaluate(() => [origin, document.querySelector('img')!.naturalWidth])).toEqual(['null', 128])
    await book.close()
    await button(page, 'Settings of this thread').click()
    const dialog = page.getByRole('dialog', { name: 'Settings of this thread' })
    await dialog.getByLabel('Sampler').selectOption('euler')
    await dialog.getByLabel('Before an edit').selectOption('true')
    await dialog.getByRole('button', { name: 'Save' }).click()
    const command = { name: 'settings', options: { sampler: 'euler', confirm: 'true' } }
    await eventually(() => bot.handled.at(-1)).toMatchObject({ command })
  })
})
