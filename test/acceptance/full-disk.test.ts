import { spawnSync } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WireError } from '../../adapters/web/wire.ts'
import { answerOf, ask, expectClear, messageTo, press } from './conversation.ts'
import { makePlace, startServer, type Server } from './program.ts'
import { drawnImages, readThread } from './visit.ts'

const place = makePlace('full-disk')
const disk = place.at('disk')
const filler = place.at('disk/filler')
const cat = readFileSync(new URL('../fixtures/llmga-tiny/sample-cat.png', import.meta.url))

mkdirSync(disk)
/** A small disk of its own; only root may mount one. */
const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], { encoding: 'utf8' })

/** Writes until nothing more fits. */
function fillUp(): void {
  const file = openSync(filler, 'w')
  try {
    for (const size of [65536, 512, 1]) while (writes(file, size));
  } finally {
    closeSync(file)
  }
}

function writes(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}

if (mount.status !== 0) {
  place.remove()
  it.skip(`a full disk (skipped: no disk can be mounted here: ${(mount.stderr ?? String(mount.error)).trim()})`)
} else describe('a full disk', { timeout: 120_000 }, fullDisk)

function fullDisk(): void {
  let server: Server
  beforeAll(async () => {
    server = await startServer(place, { LLMGA_DATA_DIR: `${disk}/data`, LLMGA_CACHE_DIR: `${disk}/cache` })
  })
  afterAll(async () => {
    server.signalAll('SIGKILL')
    await server.exit
    spawnSync('umount', ['-l', disk])
    place.remove()
  })

  it('with no room for its cache, the program works all the same', async () => {
    const reply = await ask(server.url, 'before', 'What color is the cat?', { name: 'cat.png', bytes: cat })
    expect(reply).toMatchObject({ state: 'done', text: expect.stringMatching(/\bblue\b/) as string })
  })

  it('refuses what it cannot keep in one sentence, loses nothing, and goes on when there is room', async () => {
    const before = await readThread(server.url, 'before')
    const other = { name: 'cat.png', bytes: new Uint8Array([...cat, 0]) }
    fillUp()
    const refused = await messageTo(server.url, 'before', 'Where is the cat?', other)
    expect(refused.status).toBe(507)
    const { error } = (await refused.json()) as WireError
    expect(error.message).toContain(`${disk}/data cannot be written`)
    expectClear(error.message)
    expectClear(error.hint)
    expect(await readThread(server.url, 'before')).toEqual(before)
    rmSync(filler)
    expect(await ask(server.url, 'before', 'Where is the cat?', other)).toMatchObject({ state: 'done', errors: [] })
    expect((await readThread(server.url, 'before')).entries).toHaveLength(4)
  })

  it('that fills up while a picture is drawn keeps the job, which is done when there is room', async () => {
    await messageTo(server.url, 'drawing', '/imagine a cat --raw --steps 20')
    await expect.poll(() => drawingIn('drawing')).toBe(true)
    fillUp()
    const { state, errors, actions } = await answerOf(server.url, 'drawing')
    expect({ state, errors }).toEqual({
      state: 'failed',
      errors: ['The disk of the bot is full or cannot be written; try again when there is room.'],
    })
    rmSync(filler)
    await press(server.url, 'drawing', actions['Try again']!)
    expect(await answerOf(server.url, 'drawing')).toMatchObject({ state: 'done', errors: [] })
    expect(drawnImages(await readThread(server.url, 'drawing'))).toHaveLength(1)
  })

  async function drawingIn(threadId: string): Promise<boolean> {
    const last = (await readThread(server.url, threadId)).entries.at(-1)
    const parts = last?.type === 'reply' ? last.reply.parts : []
    return parts.some((part) => part.type === 'progress' && part.progress.phase === 'drawing')
  }
}
