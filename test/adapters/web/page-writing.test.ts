import { expect, it } from 'vitest'
import type { IncomingMessage } from '../../../src/contract/incoming.ts'
import { button, describePage, eventually, field, picture, say } from './describe-page.ts'
import { drawScene } from './scene.ts'
import type { Web } from './web.ts'

const lastMessage = ({ bot }: Web) => bot.handled.findLast((one): one is IncomingMessage => one.type === 'message')!
const png = (name: string) => ({ name, mimeType: 'image/png', buffer: Buffer.from(drawScene(3)) })

describePage('the page, what is written and kept', (visit) => {
  it('takes pictures that are chosen, dropped and pasted, and shows them before they are sent', async () => {
    const web = await visit()
    const { page } = web
    await page.locator('input[type=file]').setInputFiles([png('chosen.png'), png('wrong.png')])
    await button(page, 'Remove wrong.png').click()
    const bring = async (type: 'drop' | 'paste', name: string): Promise<void> =>
      page.evaluate(
        ([kind, file, bytes]) => {
          const data = new DataTransfer()
          data.items.add(new File([new Uint8Array(bytes)], file, { type: 'image/png' }))
          const event = kind === 'drop' ? new DragEvent('drop', { dataTransfer: data, cancelable: true }) : undefined
          dispatchEvent(event ?? new ClipboardEvent('paste', { clipboardData: data, cancelable: true }))
        },
        [type, name, [...drawScene(5)]] as const,
      )
    await bring('drop', 'dropped.png')
    await bring('paste', 'pasted.png')
    await eventually(() => page.getByLabel('Pictures to send').getByRole('img').count()).toBe(3)
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.of(1) })
    await eventually(() => page.getByRole('alert').innerText()).toBe('“a.txt” is not a picture.')
    await say(page, 'what is this?')
    await eventually(() => page.locator('.person-images img').count()).toBe(3)
    await eventually(() => web.bot.handled.length).toBe(1)
    expect(lastMessage(web).attachments.map(({ name }) => name)).toEqual(['chosen.png', 'dropped.png', 'pasted.png'])
  })

  it('sends the drawing options with a wish', async () => {
    const web = await visit()
    const { page } = web
    await page.getByText('Draw', { exact: true }).click()
    await button(page, 'Options').click()
    await page.getByLabel('Steps').fill('12')
    await page.getByLabel('Seed').fill('7')
    await page.getByLabel('Size').selectOption('16:9')
    await page.getByLabel('Sampler').selectOption('euler')
    await page.getByLabel('Style').selectOption('poster')
    await page.getByLabel('Leave out').fill('fog')
    await page.getByLabel('Draw my words as they are').check()
    await say(page, 'a red fox')
    await eventually(() => web.bot.handled.length).toBe(1)
    expect(lastMessage(web)).toMatchObject({ text: 'a red fox' })
    expect(lastMessage(web).command).toEqual({
      name: 'imagine',
      options: { steps: 12, seed: 7, ratio: '16:9', sampler: 'euler', style: 'poster', negative: 'fog', raw: true },
    })
    await page.reload()
    await eventually(() => button(page, 'Options · 7').count()).toBe(1)
  })

  it('tells what the model knows; an example is said, a word goes into the message', async () => {
    const web = await visit()
    const { page } = web
    await page.getByText('The embedded tiny model knows').click()
    await page.getByRole('button', { name: 'dinosaur' }).click()
    await page.getByRole('button', { name: 'purple' }).click()
    await eventually(() => field(page).inputValue()).toBe('dinosaur purple ')
    await button(page, 'What can it draw?').click()
    await page.getByRole('dialog').getByRole('button', { name: 'a yellow star at night' }).click()
    await page.locator('.bubble', { hasText: 'a yellow star at night' }).waitFor()
    await eventually(() => web.bot.handled.length).toBe(1)
    expect(lastMessage(web).text).toBe('a yellow star at night')
  })

  it('keeps threads: new, switch, rename, delete, and a draft for each', async () => {
    const { page } = await visit()
    await say(page, 'draw a fox')
    await picture(page).waitFor()
    await field(page).fill('half a thought')
    await button(page, /New thread/).click()
    await eventually(() => field(page).inputValue()).toBe('')
    await say(page, 'draw a boat')
    await eventually(() => page.locator('.thread-item').count()).toBe(2)
    await page.locator('.thread-open', { hasText: 'draw a fox' }).click()
    await page.locator('.bubble', { hasText: 'draw a fox' }).waitFor()
    await eventually(() => field(page).inputValue()).toBe('half a thought')
    await page.locator('.thread-item.current').hover()
    await button(page, 'Rename “draw a fox”').click()
    await page.getByLabel('Title of the thread').fill('Wolves')
    await page.keyboard.press('Escape')
    await page.locator('.thread-item.current').hover()
    await button(page, 'Rename “draw a fox”').click()
    await page.getByLabel('Title of the thread').fill('Foxes')
    await page.keyboard.press('Enter')
    await eventually(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('Foxes')
    await button(page, 'Delete “Foxes”').click({ force: true })
    await page.getByRole('button', { name: 'Keep' }).click()
    await button(page, 'Delete “Foxes”').click({ force: true })
    await page.getByRole('button', { name: 'Delete thread' }).click()
    await eventually(() => page.locator('.thread-item').count()).toBe(1)
    await page.getByText('What shall we draw?').waitFor()
    await page.goBack()
    await page.getByText('What shall we draw?').waitFor()
  })

  it('shows why a message was refused and sends the same one again; a failed reply can be tried again', async () => {
    const { page, bot } = await visit()
    await say(page, 'refuse this')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    await eventually(() => alert.innerText()).toContain('You have 8 jobs waiting. Wait for one of them to finish.')
    await button(page, 'Retry').click()
    await eventually(() => bot.handled.length).toBe(2)
    expect(bot.handled[0]?.eventId).toBe(bot.handled[1]?.eventId)
    await button(page, 'Discard').click()
    await say(page, 'refuse this, too')
    await button(page, 'Edit').click()
    await eventually(() => field(page).inputValue()).toBe('refuse this, too ')
    await eventually(() => alert.count()).toBe(0)
    await say(page, 'please fail')
    await page.getByRole('article').getByText('The model stopped unexpectedly').waitFor()
    await button(page, 'Try again').click()
    await eventually(() => bot.handled.at(-1)).toMatchObject({ actionId: 'retry:job-1' })
  })
})
