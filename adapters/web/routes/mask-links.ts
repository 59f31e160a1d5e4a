import { Hono } from 'hono'
import { AppError } from '../../../src/contract/errors.ts'
import type { Control } from '../../../src/contract/outgoing.ts'
import { appDocument } from '../documents.ts'
import type { RouteDeps, WebContext, WebEnv } from '../env.ts'
import type { MaskLinks } from '../mask-links.ts'
import type { PageBundle } from '../page-bundle.ts'
import { toWireControl } from '../to-wire-part.ts'
import type { WireControl } from '../wire.ts'
import { sniffMediaType } from './media-type.ts'
import { readAction } from './messages.ts'
import { uploadLimit } from './upload.ts'

/** The control behind a link, for the page. */
export interface WireMaskLink {
  readonly control: WireControl
}

/** The mask editor for people of other platforms: who has the link acts as the person whom it was made for. */
export function maskLinkRoutes(
  { bot, limits }: RouteDeps,
  links: MaskLinks,
  page: () => Promise<PageBundle>,
): Hono<WebEnv> {
  const target = (c: WebContext) => links.read(c.req.param('token') ?? '')
  return new Hono<WebEnv>()
    .get('/mask/:token', async (c) => {
      c.header('Cache-Control', 'no-store')
      c.header('Referrer-Policy', 'no-referrer') // the address is the key
      return c.html(appDocument(await page(), undefined))
    })
    .get('/mask/:token/control', async (c) => {
      const { control } = target(c)
      const token = c.req.param('token')
      const answer: WireMaskLink = { control: toWireControl(control, (sha256) => `/mask/${token}/blobs/${sha256}`) }
      c.header('Cache-Control', 'no-store')
      return c.json(answer)
    })
    .get('/mask/:token/blobs/:sha256', async (c) => {
      const { key, person, control } = target(c)
      const sha256 = c.req.param('sha256')
      const bytes = hashesOf(control).includes(sha256) ? await bot().readBlob(key, person, sha256) : undefined
      if (bytes === undefined) throw new AppError('input/not-found', { message: 'There is no such picture.' })
      c.header('Content-Type', sniffMediaType(bytes))
      c.header('Cache-Control', 'private, no-store')
      return c.body(new Uint8Array(bytes))
    })
    .post('/mask/:token', uploadLimit(limits), async (c) => {
      const { key, person, control } = target(c)
      const form = await readAction(c, limits)
      const action = { ...form, type: 'action', key, author: person, actionId: control.actionId } as const
      const acknowledgement = await bot().handle({ ...action, receivedAt: Date.now() })
      links.use(c.req.param('token'))
      return c.json(acknowledgement, 202)
    })
}

/** The pictures that the control's form shows. */
const hashesOf = ({ fields = [] }: Control): readonly string[] =>
  fields.flatMap((field) =>
    field.type === 'mask' ? [field.image.sha256, ...(field.maskSha256 === undefined ? [] : [field.maskSha256])] : [],
  )
