import type { Locator, Page } from 'playwright-core'
import type { WireThread } from '../../adapters/web/wire.ts'

/** What a person sees and does on the page, by the names that a screen reader says. */
export interface Visit {
  readonly page: Page
  readonly replies: Locator
  /** The newest reply. */
  readonly reply: Locator
  /** Pictures that were drawn, in the whole thread. */
  readonly pictures: Locator
  button(name: string | RegExp): Locator
  say(text: string): Promise<void>
  /** Drops a picture file anywhere on the page. */
  drop(name: string, bytes: Uint8Array): Promise<void>
  threadId(): string
  /** Waits until the newest of `count` replies has ended. */
  ended(count: number): Promise<void>
}

export function visit(page: Page): Visit {
  const replies = page.getByRole('article', { name: 'LLMGA', exact: true })
  const field = page.getByRole('textbox', { name: 'Message' })
  return {
    page,
    replies,
    reply: replies.last(),
    pictures: replies.locator('.picture img'),
    button: (name) => page.getByRole('button', { name, exact: true }),
    async say(text) {
      await field.fill(text)
      await field.press('Enter')
    },
    async drop(name, bytes) {
      await page.evaluate(
        ([file, content]) => {
          const data = new DataTransfer()
          data.items.add(new File([new Uint8Array(content)], file, { type: 'image/png' }))
          dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }))
        },
        [name, [...bytes]] as const,
      )
      await page.getByLabel('Pictures to send').getByAltText(name).waitFor()
    },
    threadId() {
      const id = /#t=([\w-]+)$/.exec(page.url())?.[1]
      if (id === undefined) throw new Error(`no thread in ${page.url()}`)
      return id
    },
    async ended(count) {
      await replies.nth(count - 1).waitFor()
      await replies
        .nth(count - 1)
        .and(page.locator('[aria-busy=false]'))
        .waitFor()
    },
  }
}

/** What the newest reply showed at some moment. */
export interface Moment {
  readonly said: string
  readonly prompt: string
  readonly preview: string
  readonly step: number
}

/** Has the page write down every different state of its newest reply. Returns a function that reads them. */
export async function record(page: Page): Promise<() => Promise<readonly Moment[]>> {
  const moments = await page.evaluateHandle(() => {
    const seen: Moment[] = []
    const look = (): void => {
      const reply = [...document.querySelectorAll('.reply')].at(-1)
      const text = (selector: string): string => reply?.querySelector(selector)?.textContent ?? ''
      const moment = {
        said: text('.said'),
        prompt: text('.quote blockquote'),
        preview: reply?.querySelector<HTMLImageElement>('img.preview')?.src ?? '',
        step: Number(reply?.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow') ?? 0),
      }
      if (JSON.stringify(moment) !== JSON.stringify(seen.at(-1))) seen.push(moment)
    }
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    })
    return seen
  })
  return () => moments.jsonValue()
}

/** The thread as the API tells it. */
export async function readThread(url: string, threadId: string): Promise<WireThread> {
  const response = await fetch(`${url}/api/threads/${threadId}`)
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as WireThread
}

/** Pictures that replies of a thread show. */
export const drawnImages = ({ entries }: WireThread) =>
  entries.flatMap((entry) =>
    entry.type === 'reply' ? entry.reply.parts.flatMap((part) => (part.type === 'images' ? part.images : [])) : [],
  )

/** The bytes of every picture of a thread, by address, those of the person included. */
export async function readPictures(url: string, thread: WireThread): Promise<ReadonlyMap<string, Buffer>> {
  const shown = thread.entries.flatMap((entry) => (entry.type === 'person' ? entry.images : []))
  const all = [...shown, ...drawnImages(thread)]
  const bytes = await Promise.all(
    all.map(async (image) => Buffer.from(await (await fetch(url + image.url)).arrayBuffer())),
  )
  return new Map(all.map((image, i) => [image.url, bytes[i]!]))
}
